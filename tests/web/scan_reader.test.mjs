import assert from "node:assert/strict";
import test from "node:test";
import { source } from "./support/source.mjs";

const { ScanReader } = await source("scan_reader.ts");

// Types `text` from `at` on, a key each `gap` ms; a character stands for its key, "\n" for Enter, "\t" for Tab.
function type(reader, text, at, gap) {
  const names = { "\n": "Enter", "\t": "Tab", "\b": "Backspace", "\x1b": "Escape" };
  let last = null;
  [...text].forEach((c, i) => (last = reader.read({ key: names[c] ?? c, at: at + i * gap, chord: false })));
  return last;
}

for (const gap of [7, 16]) {
  test(`a scanner that types a key each ${gap} ms is read, with Enter or Tab at its end`, () => {
    assert.deepEqual(type(new ScanReader(), "C02GRLJ5RHJH\n", 0, gap), { kind: "label", label: "C02GRLJ5RHJH" });
    assert.deepEqual(type(new ScanReader(), "1-03\t", 0, gap), { kind: "label", label: "1-03" });
  });
}

test("a person who types slowly is read, but Tab stays the page's", () => {
  assert.deepEqual(type(new ScanReader(), "1-03\n", 0, 300), { kind: "label", label: "1-03" });
  assert.deepEqual(type(new ScanReader(), "1-03\t", 0, 300), { kind: "ignored" });
});

test("a stray key before a scan is not part of it", () => {
  const reader = new ScanReader();
  type(reader, "x", 0, 0);
  assert.deepEqual(type(reader, "C02GRLJ5RHJH\n", 2_000, 10), { kind: "label", label: "C02GRLJ5RHJH" });
});

test("a scanner that stalls within a label is still read whole", () => {
  const reader = new ScanReader();
  type(reader, "C02GRL", 0, 10);
  assert.deepEqual(type(reader, "J5RHJH\n", 250, 10), { kind: "label", label: "C02GRLJ5RHJH" });
});

test("the same label within two seconds is one pull of the trigger", () => {
  const reader = new ScanReader();
  assert.equal(type(reader, "1-03\n", 0, 10).kind, "label");
  assert.equal(type(reader, "1-03\n", 1_000, 10).kind, "repeated");
  assert.equal(type(reader, "1-04\n", 1_500, 10).kind, "label");
  assert.equal(type(reader, "1-04\n", 9_000, 10).kind, "label");
});

test("Escape clears, Backspace takes one back, and neither is ours when nothing is typed", () => {
  const reader = new ScanReader();
  assert.equal(type(reader, "\x1b", 0, 0).kind, "ignored");
  type(reader, "1-034\b", 0, 200);
  assert.equal(reader.typed, "1-03");
  type(reader, "\x1b", 5_000, 0);
  assert.equal(reader.typed, "");
  assert.equal(type(reader, "\b", 6_000, 0).kind, "ignored");
});

test("keys that are none of a label are left to the page", () => {
  const reader = new ScanReader();
  for (const key of ["Shift", "ArrowDown", "F5", " ", "Enter"]) assert.equal(reader.read({ key, at: 0, chord: false }).kind, "ignored");
  assert.equal(reader.read({ key: "r", at: 0, chord: true }).kind, "ignored");
  assert.equal(reader.typed, "");
});
