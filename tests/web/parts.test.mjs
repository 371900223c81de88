import assert from "node:assert/strict";
import test from "node:test";
import { source } from "./support/source.mjs";

const { Parts, same } = await source("model/parts.ts");

const frame = (set, gone = [], whole = false) => ({ whole, seq: 1, wall: "", speed: 1, set, gone });

test("a whole frame sets everything, and lists keep its order", () => {
  const parts = new Parts();
  const change = parts.apply(frame({ "places/1-02": { slot: "1-02" }, room: "R", "places/1-01": { slot: "1-01" } }, [], true));
  assert.deepEqual(change.set, ["places/1-02", "room", "places/1-01"]);
  assert.deepEqual(change.lists, ["places"]);
  assert.deepEqual(parts.keysOf("places"), ["places/1-02", "places/1-01"]);
});

test("a later frame changes only what it names", () => {
  const parts = new Parts();
  parts.apply(frame({ "places/1-01": { state: "free" }, "cases/1": { case: 1 } }, [], true));
  const before = parts.get("cases/1");
  const change = parts.apply(frame({ "places/1-01": { state: "running" }, "cases/2": { case: 2 } }));
  assert.deepEqual(change, { set: ["places/1-01", "cases/2"], gone: [], lists: ["cases"] });
  assert.equal(parts.get("cases/1"), before);
});

test("what is gone is forgotten, and what was never there is not told as gone", () => {
  const parts = new Parts();
  parts.apply(frame({ "cases/1": { case: 1 } }, [], true));
  assert.deepEqual(parts.apply(frame({}, ["cases/1", "cases/9"])), { set: [], gone: ["cases/1"], lists: ["cases"] });
  assert.equal(parts.get("cases/1"), undefined);
});

test("a whole frame after a reconnect forgets what is not in it and tells only what differs", () => {
  const parts = new Parts();
  parts.apply(frame({ "places/1-01": { state: "free", at: [1, { x: null }] }, "cases/1": { case: 1 }, room: "R" }, [], true));
  const place = parts.get("places/1-01");
  const change = parts.apply(frame({ "places/1-01": { state: "free", at: [1, { x: null }] }, room: "S" }, [], true));
  assert.deepEqual(change.set, ["room"]);
  assert.deepEqual(change.gone, ["cases/1"]);
  assert.ok(change.lists.includes("cases"));
  assert.equal(parts.get("places/1-01"), place);
});

test("a whole frame in another order is told", () => {
  const parts = new Parts();
  parts.apply(frame({ "places/a": 1, "places/b": 2 }, [], true));
  assert.deepEqual(parts.apply(frame({ "places/b": 2, "places/a": 1 }, [], true)).lists, ["places"]);
  assert.deepEqual(parts.keysOf("places"), ["places/b", "places/a"]);
});

test("null is another value than 0, nothing and an absent member", () => {
  assert.ok(same({ a: null }, { a: null }));
  for (const other of [0, undefined, "", false]) assert.ok(!same({ a: null }, { a: other }));
  assert.ok(!same({ a: null }, {}));
  assert.ok(!same([], {}));
});
