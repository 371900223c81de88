// All that is known of one slot, and what may be done there.
import type { ComponentChildren } from "preact";
import { cases, chores, latestFacts, now, part, placeKeys, serials } from "../room";
import { closeSlot, openedSlot } from "../selection";
import type { Outlet, Place, Visit } from "../model/types";
import { ageOf, dayAndTime, leftUntil, timeOfDay } from "../model/clock";
import { factWords, isAbout } from "../model/fact_words";
import { canTick, tickWord } from "../model/chores";
import { signOf } from "../model/signs";
import { amps, kindWord, percent, plain, stepNumber, stepWord } from "../model/words";
import { Action } from "./action";
import { Bar } from "./bar";
import { closeCaseQuestion } from "./case_question";
import { DfuHint } from "./dfu_picture";
import { clearLockQuestion, lockOutQuestion } from "./lock_question";
import { Modal } from "./modal";
import { Sign } from "./sign";

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const Unknown = () => <i class="unknown">unknown</i>;

function MacRows({ visit }: { visit: Visit }) {
  return (
    <>
      <Row name="Mac">{visit.serial}</Row>
      <Row name="Model">{visit.model}</Row>
      <Row name="Batch">{visit.batch}</Row>
      <Row name="Battery">{visit.charge_percent === null ? <Unknown /> : percent(visit.charge_percent)}</Row>
      <Row name="Erased">{visit.erased ? "confirmed by the Mac itself" : "not confirmed"}</Row>
      <Row name="Seated by">{visit.bound_by ?? <Unknown />}</Row>
      {visit.attempt > 1 && <Row name="Attempt">{visit.attempt}</Row>}
    </>
  );
}

function OutletRows({ outlet }: { outlet: Outlet }) {
  return (
    <>
      <Row name="Outlet">
        {outlet.outlet} on circuit {outlet.circuit}: {outlet.state === "unknown" ? <Unknown /> : outlet.state}
        {outlet.protected && ", protected: it stays on"}
      </Row>
      <Row name="Draws">
        {outlet.current_A === null ? <Unknown /> : amps(outlet.current_A)}, at most {amps(outlet.nameplate_A)}
      </Row>
      {!outlet.map_proven && <Row name="Map">not proven that it feeds this slot</Row>}
      {outlet.locked_out_by.length > 0 && <Row name="Locked out">{outlet.locked_out_by.join(", ")}</Row>}
      {outlet.waits_for !== null && <Row name="Power waits for">{outlet.waits_for.words}</Row>}
    </>
  );
}

function Times({ place }: { place: Place }) {
  const left = leftUntil(place.deadline, now.value);
  return (
    <>
      {place.owner !== null && <Row name="With">{plain(place.owner)}</Row>}
      <Row name="In this state for">{ageOf(place.since, now.value) ?? <Unknown />}</Row>
      {left !== null && (
        <Row name="Deadline">
          {dayAndTime(Date.parse(place.deadline ?? ""), now.value)}, <span class={left.over ? "over" : undefined}>{left.words}</span>
        </Row>
      )}
    </>
  );
}

function Deeds({ place }: { place: Place }) {
  const chore = chores.value.find((c) => c.visit !== null && c.visit === place.visit?.visit && canTick(c));
  const open = cases.value.filter((c) => c.slot === place.slot);
  const outlet = place.outlet;
  return (
    <p class="buttons">
      {chore !== undefined && <Action strong label={tickWord(chore, place.visit?.step)} command={() => ({ type: "step_done", number: chore.visit ?? 0 })} />}
      {open.map((c) => <Action key={c.case} label={`Close case ${c.case}`} ask={() => closeCaseQuestion(c)} />)}
      {outlet !== null && !outlet.locked_out_by.includes(outlet.outlet) && (
        <Action label={`Lock out outlet ${outlet.outlet}`} ask={() => lockOutQuestion(`outlet ${outlet.outlet}`, outlet.outlet)} />
      )}
      {outlet !== null && outlet.locked_out_by.includes(outlet.outlet) && (
        <Action label="Clear lock-out" ask={() => clearLockQuestion(`outlet ${outlet.outlet}`, outlet.outlet)} />
      )}
    </p>
  );
}

function KeysHint({ place }: { place: Place }) {
  const chore = chores.value.find((c) => c.visit !== null && c.visit === place.visit?.visit);
  return chore === undefined ? null : <DfuHint chore={chore} />;
}

// What happened here since the page was opened, the latest first.
function Happened({ place }: { place: Place }) {
  const visit = place.visit?.visit ?? null;
  const here = latestFacts.value.filter((f) => isAbout(f, place.slot, visit)).slice(-8).reverse();
  if (here.length === 0) return null;
  return (
    <section class="happened">
      <h3>What happened</h3>
      <ul>
        {here.map((f) => <li key={f.seq}><time>{timeOfDay(f.wall_us / 1000, true)}</time> {factWords(f, serials.value)}</li>)}
      </ul>
    </section>
  );
}

function Slot({ place }: { place: Place }) {
  const sign = signOf(place);
  return (
    <Modal title={`Slot ${place.slot}`} onClose={closeSlot}>
      <p class={`slot-state tone-${sign.tone}`}>
        <Sign shape={sign.shape} tone={sign.tone} />
        <strong>{sign.word}</strong>
        {place.visit !== null && <span>{stepWord(place.visit.step)}, step {stepNumber(place.visit)}</span>}
      </p>
      {place.waits_for !== null && <p class="slot-wait">{place.waits_for.words}</p>}
      {place.visit?.engine != null && <Bar percent={place.visit.engine.percent} words={place.visit.engine.stage ?? "engine"} />}
      <KeysHint place={place} />
      <Deeds place={place} />
      <dl>
        <Row name="Place">{kindWord(place.kind)}, {place.bench}</Row>
        <Times place={place} />
        {place.visit !== null && <MacRows visit={place.visit} />}
        {place.port !== null && <Row name="At the port">{plain(place.port.mode)}{place.port.serial !== null && `, ${place.port.serial}`}</Row>}
        {place.outlet !== null && <OutletRows outlet={place.outlet} />}
      </dl>
      <Happened place={place} />
    </Modal>
  );
}

export function SlotDialog() {
  const key = `places/${openedSlot.value ?? ""}`;
  if (openedSlot.value === null || !placeKeys.value.includes(key)) return null;
  const place = part<Place>(key).value;
  return place === undefined ? null : <Slot key={key} place={place} />;
}
