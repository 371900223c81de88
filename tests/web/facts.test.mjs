import assert from "node:assert/strict";
import test from "node:test";
import { source } from "./support/source.mjs";

const { Facts } = await source("model/facts.ts");
const fact = (seq) => ({ seq, type: "step_changed", by: "greenroom", wall_us: 0, body: {} });

test("each fact is taken once, whatever comes again after a reconnect", () => {
  const facts = new Facts();
  const answers = [7, 8, 8, 7, 9].map((seq) => facts.take(fact(seq)));
  assert.deepEqual(answers, ["new", "new", "known", "known", "new"]);
  assert.deepEqual(facts.latest.map((f) => f.seq), [7, 8, 9]);
});

test("a fact after a gap is not taken, so that it can be asked for again", () => {
  const facts = new Facts();
  facts.take(fact(7));
  assert.equal(facts.take(fact(9)), "gap");
  assert.equal(facts.last, 7);
  assert.deepEqual([8, 9].map((seq) => facts.take(fact(seq))), ["new", "new"]);
});

test("what the journal no longer has is not asked for twice", () => {
  const facts = new Facts();
  facts.take(fact(7));
  assert.equal(facts.take(fact(900), true), "new");
  assert.equal(facts.last, 900);
});

test("only the latest are kept", () => {
  const facts = new Facts(3);
  for (let seq = 1; seq <= 10; ++seq) facts.take(fact(seq));
  assert.deepEqual(facts.latest.map((f) => f.seq), [8, 9, 10]);
});

test("another journal begins anew", () => {
  const facts = new Facts();
  facts.take(fact(100));
  facts.forget();
  assert.equal(facts.last, null);
  assert.equal(facts.take(fact(1)), "new");
});
