// The rest of the page's judgement: what a state looks like, what a person may say, what is unknown.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { source } from "./support/source.mjs";
import { MockRoom } from "./support/mock_room.mjs";
import { web } from "./support/modules.mjs";

const clock = await source("model/clock.ts");
const signs = await source("model/signs.ts");
const chores = await source("model/chores.ts");
const dfu = await source("model/dfu_ports.ts");
const jobs = await source("model/jobs.ts");
const gauge = await source("model/gauge.ts");
const tree = await source("model/circuit_tree.ts");
const groups = await source("model/wait_groups.ts");
const { factWords, isAbout } = await source("model/fact_words.ts");
const { History } = await source("model/history.ts");
const { amps } = await source("model/words.ts");

const chore = (of) => ({ visit: 5, serial: "C02", slot: "1-01", owner: "technician", kind: "tick", case: null, to: null, words: "w", ...of });
const circuit = (of) => ({ ...new MockRoom().parts.get("circuits/left"), ...of });
const place = (of) => ({ ...new MockRoom().parts.get("places/1-08"), ...of });

test("ages run on at the room's speed from the last frame", () => {
  const anchor = clock.anchorOf("2026-01-05T08:00:00Z", 60, 1_000);
  assert.equal(clock.roomTime(anchor, 2_000) - Date.parse("2026-01-05T08:00:00Z"), 60_000);
  const now = Date.parse("2026-01-05T10:05:00Z");
  assert.equal(clock.ageOf("2026-01-05T08:00:00Z", now), "2 h 05 min");
  assert.equal(clock.ageOf(null, now), null);
  assert.deepEqual(clock.leftUntil("2026-01-05T10:04:00Z", now), { words: "1 min over", over: true });
});

test("times are told with their day where it is another one", () => {
  const at = new Date(2026, 10, 24, 9, 5, 7).getTime();
  assert.equal(clock.timeOfDay(at), "09:05");
  assert.equal(clock.timeOfDay(at, true), "09:05:07");
  assert.equal(clock.dayAndTime(at, at - 60_000), "09:05");
  assert.equal(clock.dayAndTime(at, at - 86_400_000), "Tue 24 Nov 09:05");
});

test("every state has a word and a shape of its own", () => {
  const states = ["stranger", "waiting", "running", "hands", "held", "done"].map((state) => signs.signOf(place({ state })));
  assert.equal(new Set(states.map((s) => s.word)).size, states.length);
  assert.equal(new Set(states.map((s) => s.shape)).size, states.length);
  assert.equal(signs.signOf(place({ state: "free" })).word, "Free");
});

test("a running engine or a protected outlet says not to unplug, a lock-out is seen", () => {
  const engine = { gate: "open", stage: null, percent: null };
  const visit = { engine };
  assert.equal(signs.signOf(place({ state: "running", visit })).word, "Do not unplug");
  const outlet = { ...place({}).outlet, locked_out_by: ["left"] };
  assert.equal(signs.signOf(place({ outlet })).word, "Locked out");
});

test("a circuit with an unknown sum looks unknown, not normal", () => {
  assert.equal(signs.circuitSign(circuit({})).word, "Normal");
  assert.equal(signs.circuitSign(circuit({ hard_sum_A: null })).word, "Unknown");
  assert.equal(signs.circuitSign(circuit({ band: "critical" })).tone, "red");
});

test("unknown is never 0", () => {
  assert.equal(amps(null), "unknown");
  assert.equal(amps(0), "0.0 A");
  const g = gauge.gaugeOf(circuit({ reading_A: null, hard_sum_A: null }));
  assert.equal(g.measured, null);
  assert.equal(g.granted, null);
  assert.match(gauge.whyUnmeasured(circuit({ reading_A: null, meter: null })), /no meter/);
});

test("NEXT ticks the first chore that a tick ends, and no other", () => {
  const list = [chore({ kind: "seat" }), chore({ kind: "keys" }), chore({ kind: "case" }), chore({ visit: null, kind: "look" }), chore({ visit: 7 })];
  assert.equal(chores.firstTick(list, new Map()).visit, 7);
  assert.equal(chores.firstTick(list.slice(0, 4), new Map()), null);
});

test("that a battery is full is claimed by a button that says so, never by NEXT", () => {
  const look = chore({ kind: "look", visit: 7 });
  assert.equal(chores.tickWord(look, "charge"), "Battery is full");
  assert.equal(chores.tickWord(look, "first_boot"), "Done, look again");
  assert.equal(chores.firstTick([look], new Map([[7, "charge"]])), null);
  assert.equal(chores.firstTick([look], new Map([[7, "first_boot"]])), look);
});

test("every DFU port of the table of Macs is drawn, with one USB-C socket marked", () => {
  const macs = readFileSync(join(web, "../../config/macs.toml"), "utf8");
  const ports = new Set([...macs.matchAll(/^dfu_port = "(\w+)"/gm)].map((found) => found[1]));
  assert.ok(ports.size >= 8);
  for (const port of ports) {
    const picture = dfu.pictureOf(port);
    assert.equal(picture?.sockets[picture.marked], "usb", port);
  }
});

test("a DFU port that is not known is not drawn", () => {
  assert.equal(dfu.pictureOf(null), null);
  assert.equal(dfu.pictureOf("left_middle"), null);
});

test("a case among the chores is found by its number, also where two have the same words", () => {
  const cases = [2, 3].map((number) => ({ case: number, words: "It is locked.", next: "Turn it off." }));
  assert.equal(chores.caseOf(chore({ kind: "case", case: 3 }), cases).case, 3);
  assert.equal(chores.caseOf(chore({ kind: "tick", case: null }), cases), null);
});

test("what facilities see to becomes the command that it names", () => {
  const job = (about, command) => ({ kind: "k", about, words: "w", command });
  assert.deepEqual(jobs.actionOf(job("left:7", "clear_lock left:7")).command, { type: "clear_lock", label: "left:7" });
  assert.deepEqual(jobs.actionOf(job("a b", "limit a b 0")).command, { type: "limit", label: "a b", number: 0 });
  assert.deepEqual(jobs.actionOf(job("left:7", "prove_map left:7 1-07")).command, { type: "prove_map", label: "left:7", text: "1-07" });
  assert.equal(jobs.actionOf(job("x", null)), null);
  assert.equal(jobs.actionOf(job("x", "open_confirmed x x")), null);
});

test("circuits stand below their parents, and one whose parent is not there is not lost", () => {
  const list = [circuit({ circuit: "b", parent: "a" }), circuit({ circuit: "a", parent: null }), circuit({ circuit: "c", parent: "x" })];
  assert.deepEqual(tree.treeOf(list), [{ name: "a", depth: 0 }, { name: "b", depth: 1 }, { name: "c", depth: 0 }]);
});

test("outlets that wait are told by reason, the commonest first", () => {
  const waiting = (slot, kind, name, words) => place({ slot, outlet: { waits_for: { kind, name, words } } });
  const list = [waiting("1", "rule", "minimum off time", "outlet 1"), waiting("2", "circuit", "b", "room on b"), waiting("3", "circuit", "b", "room on b")];
  assert.deepEqual(groups.waitGroups(list), [{ why: "room on b", slots: ["2", "3"] }, { why: "minimum off time", slots: ["1"] }]);
});

test("a fact is told with the Mac it is about, and by whom", () => {
  const fact = (type, by, body) => ({ seq: 1, type, by, wall_us: 0, body });
  const names = new Map([[6, "C02GRLJ5RHJH"]]);
  const step = { visit: 6, kind: "install_os", state: "hands", step: 9, what: "" };
  assert.equal(factWords(fact("step_changed", "greenroom", step), names), "Install macOS: hands · C02GRLJ5RHJH");
  assert.equal(factWords(fact("seating_began", "ben", { slot: "1-03", visit: 9 }), names), "Seating began · visit 9 · 1-03 · by ben");
  assert.equal(factWords(fact("outlet_waits", "greenroom", { outlet: "left:1", circuit: "branch", reason: "min_off" }), names),
    "Outlet waits · left:1 · branch · min off");
  assert.ok(isAbout(fact("step_changed", "greenroom", step), "1-01", 6));
  assert.ok(!isAbout(fact("step_changed", "greenroom", step), "1-01", 7));
});

test("a chart has a gap where nothing was known, and no time twice", () => {
  const history = new History();
  history.add(1_000, [circuit({ reading_A: 5 })]);
  history.add(1_000, [circuit({ reading_A: 6 })]);
  history.add(2_000, []);
  history.add(3_000, [circuit({ reading_A: null }), circuit({ circuit: "late", reading_A: 1 })]);
  assert.deepEqual(history.times, [1, 2, 3]);
  assert.deepEqual(history.track("left").measured, [5, null, null]);
  assert.deepEqual(history.track("late").measured, [null, null, 1]);
});
