// Who measures and switches, and whether it answers. How old a reading is runs too fast for the live stream: while this is
// on the screen it is asked for.
import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { live, part, pduKeys } from "../room";
import type { Pdu } from "../model/types";
import { span } from "../model/clock";
import { Action } from "./action";
import { clearLockQuestion, lockOutQuestion } from "./lock_question";
import { Sign } from "./sign";

const period = 3_000; // ms

const ages = signal<ReadonlyMap<string, number | null>>(new Map());

async function readAges(): Promise<void> {
  if (!live.peek() || document.hidden) return;
  try {
    const response = await fetch("/api/v1/pdus", { signal: AbortSignal.timeout(period) });
    if (!response.ok) return;
    const body = (await response.json()) as { pdus: { pdu: string; reading_age_ms: number | null }[] };
    ages.value = new Map(body.pdus.map((p) => [p.pdu, p.reading_age_ms]));
  } catch {
    ages.value = new Map(); // not known; the stream's own trouble is the banner's
  }
}

function Age({ name }: { name: string }) {
  const age = ages.value.get(name) ?? null;
  return <span class={age === null ? "unknown" : undefined}>{age === null ? "age of reading unknown" : `read ${span(age)} ago`}</span>;
}

function PduItem({ name }: { name: string }) {
  const p = part<Pdu>(name).value;
  if (p === undefined) return null;
  const trouble = !p.answers || p.read_only;
  const word = !p.answers ? p.line_state : p.read_only ? "only read: somebody else switches it" : p.locked_out ? "Locked out" : "Answers";
  const question = p.locked_out ? clearLockQuestion : lockOutQuestion;
  return (
    <li>
      <p class="pdu-head">
        <strong>{p.pdu}</strong>
        <span class="state"><Sign shape={trouble ? "stop" : p.locked_out ? "stripe" : "tick"} tone={trouble ? "red" : "grey"} />{word}</span>
      </p>
      <p class="pdu-facts">
        {p.identity ?? p.model ?? "model unknown"} · <Age name={p.pdu} /> · {p.outlets_on} on, {p.outlets_off} off
        {p.outlets_unknown > 0 && <span class="unknown">, {p.outlets_unknown} unknown</span>}
      </p>
      <Action label={p.locked_out ? "Clear lock-out" : "Lock out"} about={`PDU ${p.pdu}`} ask={() => question(`PDU ${p.pdu}`, p.pdu)} />
    </li>
  );
}

export function Pdus() {
  useEffect(() => {
    void readAges();
    const timer = window.setInterval(() => void readAges(), period);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <section class="panel" aria-labelledby="pdus-title">
      <h2 id="pdus-title">PDUs</h2>
      <ul class="pdus">{pduKeys.value.map((key) => <PduItem key={key} name={key} />)}</ul>
    </section>
  );
}
