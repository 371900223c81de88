// One circuit: its bar, and the four numbers that facilities ask for.
//   measured  reading_A         its own meter, or unknown
//   expected  soft_sum_A        what its loads are expected to draw; its 10-minute mean stays below the continuous limit
//   granted   hard_sum_A        what flows as far as known, nameplate for the rest, and a reserve; at most the hard limit
//   limit     continuous_limit_A and hard_limit_A
import { part } from "../room";
import { chartCircuit, chartedCircuit } from "../selection";
import type { Circuit } from "../model/types";
import type { Node } from "../model/circuit_tree";
import { gaugeOf, whyUnmeasured } from "../model/gauge";
import { circuitSign } from "../model/signs";
import { amps, counted, kindWord } from "../model/words";
import { Action } from "./action";
import { clearLockQuestion, lockOutQuestion } from "./lock_question";
import { Sign } from "./sign";

const at = (share: number) => share * 1000;

function GaugeBar({ circuit }: { circuit: Circuit }) {
  const g = gaugeOf(circuit);
  const over = g.granted !== null && g.granted > g.hard;
  return (
    <svg class="gauge" viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" y="4" width={at(g.hard)} height="32" />
      {g.granted === null ? (
        <rect class="unknown" y="4" width={at(g.hard)} height="32" fill="url(#unknown-hatch)" />
      ) : (
        <rect class={over ? "granted over" : "granted"} y="4" width={at(g.granted)} height="32" />
      )}
      {g.measured === null ? (
        <rect class="unknown" y="12" width={at(g.granted ?? g.hard)} height="16" fill="url(#unknown-hatch)" />
      ) : (
        <rect class="measured" y="12" width={at(g.measured)} height="16" />
      )}
      {g.expected !== null && <path class="expected" d={`M${at(g.expected)} 4v32`} />}
      <path class="continuous" d={`M${at(g.continuous)} 0v40`} />
      <path class="hard" d={`M${at(g.hard)} 0v40`} />
    </svg>
  );
}

// Once on the page: bars refer to it by its name.
export function Hatch() {
  return (
    <svg class="unseen" width="0" height="0" aria-hidden="true">
      <pattern id="unknown-hatch" width="14" height="14" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="hatch-line" d="M0 0v14" />
      </pattern>
    </svg>
  );
}

function Number({ name, value, note }: { name: string; value: string; note?: string | null | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={value === "unknown" ? "unknown" : undefined}>{value}</dd>
      {note != null && <dd class="note">{note}</dd>}
    </div>
  );
}

function Numbers({ c }: { c: Circuit }) {
  // Each sum beside the limit that it is held against: they are two, and never mixed.
  const mean = `10 min: ${amps(c.mean_10_min_A)}, of ${amps(c.continuous_limit_A)}`;
  const granted = `reserve ${amps(c.reserve_A)}, of ${amps(c.hard_limit_A)}`;
  const limit = c.lowered_to_A === null ? `hard limit ${amps(c.hard_limit_A)}` : `hard limit ${amps(c.hard_limit_A)}, lowered`;
  return (
    <dl class="numbers">
      <Number name="measured" value={amps(c.reading_A)} note={whyUnmeasured(c)} />
      <Number name="expected" value={amps(c.soft_sum_A)} note={mean} />
      <Number name="granted" value={amps(c.hard_sum_A)} note={granted} />
      <Number name="limit" value={amps(c.continuous_limit_A)} note={limit} />
    </dl>
  );
}

function Outlets({ c }: { c: Circuit }) {
  const all = c.outlets_on + c.outlets_off + c.outlets_unknown;
  if (all === 0) return <span class="outlets">no outlets of ours</span>;
  const said = [`${c.outlets_on} of ${counted(all, "outlet")} on`];
  if (c.outlets_unknown > 0) said.push(`${c.outlets_unknown} unknown`);
  if (c.outlets_protected > 0) said.push(`${c.outlets_protected} protected`);
  if (c.outlets_waiting_for_it > 0) said.push(`${c.outlets_waiting_for_it} waiting for it`);
  return <span class="outlets">{said.join(" · ")}</span>;
}

export function CircuitRow({ node }: { node: Node }) {
  const c = part<Circuit>(`circuits/${node.name}`).value;
  if (c === undefined) return null;
  const sign = circuitSign(c);
  const locked = c.state === "locked_out";
  const question = locked ? clearLockQuestion : lockOutQuestion;
  return (
    <li class={`circuit depth-${Math.min(node.depth, 4)} tone-${sign.tone}`}>
      <div class="circuit-head">
        <h3>{c.circuit}</h3>
        <span class="kind">{kindWord(c.kind)}</span>
        <Outlets c={c} />
        <span class="state"><Sign shape={sign.shape} tone={sign.tone} />{sign.word}</span>
      </div>
      <GaugeBar circuit={c} />
      <div class="circuit-foot">
        <Numbers c={c} />
        <p class="buttons">
          <button type="button" class="action" aria-pressed={chartedCircuit.value === c.circuit} onClick={() => chartCircuit(c.circuit)}>
            Chart<span class="unseen"> {c.circuit}</span>
          </button>
          <Action label={locked ? "Clear lock-out" : "Lock out"} about={c.circuit} ask={() => question(`circuit ${c.circuit}`, c.circuit)} />
        </p>
      </div>
    </li>
  );
}
