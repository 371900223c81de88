// What is done, what is stuck and with whom, and until when.
import { batchKeys, cases, latestFacts, now, part, serials } from "../room";
import { openSlot } from "../selection";
import type { Batch, Case } from "../model/types";
import { ageOf, dayAndTime, leftUntil, timeOfDay } from "../model/clock";
import { factWords } from "../model/fact_words";
import { counted, plain } from "../model/words";
import { Action } from "./action";
import { closeCaseQuestion } from "./case_question";
import { Sign } from "./sign";

const parts = [
  { id: "packed", word: "packed" },
  { id: "working", word: "being worked" },
  { id: "in_cases", word: "in cases" },
  { id: "expected", word: "still expected" },
] as const;

function Share({ b }: { b: Batch }) {
  let x = 0;
  const all = Math.max(1, b.macs);
  return (
    <svg class="share" viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true">
      {parts.map(({ id }) => {
        const from = x;
        x += (b[id] / all) * 1000;
        return <rect key={id} class={`share-${id}`} x={from} width={x - from} height="24" />;
      })}
    </svg>
  );
}

function Due({ due }: { due: string }) {
  const left = leftUntil(due, now.value);
  const ms = Date.parse(due);
  if (left === null) return <p class="due unknown">due time unknown</p>;
  return <p class="due">due {dayAndTime(ms, now.value)} <span class={left.over ? "over" : undefined}>({left.words})</span></p>;
}

function BatchItem({ name }: { name: string }) {
  const b = part<Batch>(name).value;
  if (b === undefined) return null;
  return (
    <li class="batch">
      <div class="batch-head">
        <h3>{b.batch}</h3>
        <Due due={b.due} />
      </div>
      <Share b={b} />
      <dl class="numbers">
        {parts.map(({ id, word }) => (
          <div key={id} class={`number-${id}`}>
            <dt>{word}</dt>
            <dd>{b[id]}</dd>
          </div>
        ))}
        <div>
          <dt>Macs in all</dt>
          <dd>{b.macs}</dd>
        </div>
      </dl>
    </li>
  );
}

function CaseItem({ c }: { c: Case }) {
  const left = leftUntil(c.deadline, now.value);
  return (
    <li class="case">
      <p class="case-head">
        <strong>Case {c.case}</strong>
        <span class="about">{c.serial ?? c.about}</span>
        {c.slot !== null && <button type="button" class="link" onClick={() => openSlot(c.slot ?? "")}>{c.slot}</button>}
        <span class="case-age">open {ageOf(c.opened, now.value) ?? "since an unknown time"}{left !== null && <span class={left.over ? "over" : undefined}> · {left.words}</span>}</span>
      </p>
      <p class="case-words">{c.words}</p>
      <p class="case-next"><span>Next</span> {c.next}</p>
      <Action label="Close case" about={String(c.case)} ask={() => closeCaseQuestion(c)} />
    </li>
  );
}

function Cases() {
  const owners = [...new Set(cases.value.map((c) => c.owner))];
  return (
    <section class="cases" aria-labelledby="cases-title">
      <h2 id="cases-title">Open cases <span class="count">{counted(cases.value.length, "case")}</span></h2>
      {owners.length === 0 && <p class="hint">No case is open.</p>}
      {owners.map((owner) => {
        const theirs = cases.value.filter((c) => c.owner === owner);
        return (
          <section key={owner} aria-label={`Cases of ${plain(owner)}`}>
            <h3><Sign shape="stop" tone="red" />{plain(owner)} <span class="count">{counted(theirs.length, "case")}</span></h3>
            <ul>{theirs.map((c) => <CaseItem key={c.case} c={c} />)}</ul>
          </section>
        );
      })}
    </section>
  );
}

function Journal() {
  const latest = latestFacts.value.slice(-40).reverse();
  return (
    <section class="panel journal" aria-labelledby="journal-title">
      <h2 id="journal-title">What happened <span class="count">latest first</span></h2>
      <ol>
        {latest.map((f) => (
          <li key={f.seq} data-seq={f.seq}><time>{timeOfDay(f.wall_us / 1000, true)}</time><span>{factWords(f, serials.value)}</span></li>
        ))}
      </ol>
    </section>
  );
}

export function BatchView() {
  return (
    <div class="batch-view">
      <section class="batches" aria-labelledby="batches-title">
        <h2 id="batches-title">Batches</h2>
        {batchKeys.value.length === 0 ? <p class="hint">No batch is open. greenroom batch import FILE opens one.</p> : <ul>{batchKeys.value.map((key) => <BatchItem key={key} name={key} />)}</ul>}
      </section>
      <Cases />
      <Journal />
    </div>
  );
}
