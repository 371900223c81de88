// One slot, readable from across the bench: where, how it stands, at which step, how far, what it waits for, how long.
import { useComputed } from "@preact/signals";
import { askedVisits, now, part } from "../room";
import { openSlot } from "../selection";
import type { Place } from "../model/types";
import { ageOf, leftUntil } from "../model/clock";
import { keepHandsOff, signOf } from "../model/signs";
import { stepNumber, stepWord, withoutOwner } from "../model/words";
import { Bar } from "./bar";
import { Sign } from "./sign";

// Only this text runs with the clock; the card around it stays.
function InState({ place }: { place: Place }) {
  const age = useComputed(() => ageOf(place.since, now.value));
  const over = useComputed(() => (place.state !== "free" && leftUntil(place.deadline, now.value)?.over === true ? " · overdue" : ""));
  return <span class="age">{age}{over}</span>;
}

function Battery({ percent }: { percent: number | null }) {
  return (
    <span class="battery">
      <svg viewBox="0 0 24 12" width="24" height="12" aria-hidden="true">
        <path d="M1 1h19v10H1zM22.5 4v4" />
        {percent !== null && <rect x="2.5" y="2.5" width={(16 * Math.min(100, percent)) / 100} height="7" />}
      </svg>
      <span class="unseen">battery </span>
      {percent === null ? <i>unknown</i> : `${percent} %`}
    </span>
  );
}

// While an engine runs its stage stands beside its bar, and need not stand in the words as well.
function waitLine(place: Place): string | null {
  if (place.waits_for === null) return null;
  const words = withoutOwner(place.waits_for.words, place.owner);
  return place.visit?.engine != null ? words.replace(/ \([^()]*\)$/, "") : words;
}

export function SlotCard({ name }: { name: string }) {
  const place = part<Place>(name).value;
  const later = useComputed(() => {
    const p = part<Place>(name).value;
    return p?.state === "hands" && p.visit !== null && !askedVisits.value.has(p.visit.visit);
  });
  if (place === undefined) return null;
  const sign = signOf(place);
  const visit = place.visit;
  const wait = waitLine(place);
  const tone = `card tone-${sign.tone} state-${place.state}${keepHandsOff(place) ? " hands-off" : ""}${later.value ? " later" : ""}`;
  return (
    <button type="button" class={tone} onClick={() => openSlot(place.slot)}>
      <span class="head">
        <strong class="slot">{place.slot}</strong>
        {visit !== null && <span class="number">{stepNumber(visit)}</span>}
      </span>
      <span class="state">
        <Sign shape={sign.shape} tone={sign.tone} />
        {sign.word}
      </span>
      {visit !== null && <span class="step">{stepWord(visit.step)}</span>}
      {wait !== null && <span class="wait">{wait}</span>}
      {visit?.engine != null && <Bar percent={visit.engine.percent} words={visit.engine.stage ?? "engine"} />}
      {visit !== null && (
        <span class="foot">
          <Battery percent={visit.charge_percent} />
          <InState place={place} />
        </span>
      )}
    </button>
  );
}
