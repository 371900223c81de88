// The room as it stands, one signal for each part: what did not change is not rendered again.
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { anchorOf, roomTime, type Anchor } from "./model/clock";
import { Facts } from "./model/facts";
import { History } from "./model/history";
import { Parts } from "./model/parts";
import type { Batch, Case, Chore, Circuit, Fact, Frame, Job, Pdu, Place, ProtectedOutlet, Visit } from "./model/types";

export type Connection = { state: "opening" } | { state: "live" } | { state: "lost"; since: number; why: string | null };

const parts = new Parts();
const facts = new Facts();
const cells = new Map<string, Signal<unknown>>();
const lists = new Map<string, Signal<readonly string[]>>();
let anchor: Anchor | null = null;

export const history = new History();
export const connection = signal<Connection>({ state: "opening" });
export const known = signal(false); // was a whole frame seen?
export const now = signal(0); // ms since 1970, room time; runs in steps of a second, stands while the stream is lost
export const speed = signal(1);
export const latestFacts = signal<readonly Fact[]>([]);

export const live = computed(() => connection.value.state === "live");

function cell(key: string): Signal<unknown> {
  let found = cells.get(key);
  if (found === undefined) cells.set(key, (found = signal(parts.get(key))));
  return found;
}

function list(name: string): Signal<readonly string[]> {
  let found = lists.get(name);
  if (found === undefined) lists.set(name, (found = signal(parts.keysOf(name))));
  return found;
}

export const part = <T>(key: string) => cell(key) as ReadonlySignal<T | undefined>;
export const placeKeys: ReadonlySignal<readonly string[]> = list("places");
export const circuitKeys: ReadonlySignal<readonly string[]> = list("circuits");
export const pduKeys: ReadonlySignal<readonly string[]> = list("pdus");
export const batchKeys: ReadonlySignal<readonly string[]> = list("batches");
export const caseKeys: ReadonlySignal<readonly string[]> = list("cases");

function all<T>(keys: ReadonlySignal<readonly string[]>): ReadonlySignal<T[]> {
  return computed(() => keys.value.map((key) => cell(key).value as T | undefined).filter((v): v is T => v !== undefined));
}

export const places = all<Place>(placeKeys);
export const circuits = all<Circuit>(circuitKeys);
export const pdus = all<Pdu>(pduKeys);
export const batches = all<Batch>(batchKeys);
export const cases = all<Case>(caseKeys);
export const chores = computed(() => part<Chore[]>("chores").value ?? []);
export const jobs = computed(() => part<Job[]>("to_do").value ?? []);
export const protectedOutlets = computed(() => part<ProtectedOutlet[]>("protected").value ?? []);
// What the list asks people for now; hands that find no free place yet are not in it.
export const askedVisits = computed(() => new Set(chores.value.map((c) => c.visit)));

const seatedVisits = computed(() => places.value.map((p) => p.visit).filter((v): v is Visit => v !== null));
export const stepsOfVisits = computed(() => new Map(seatedVisits.value.map((v) => [v.visit, v.step])));
export const dfuPorts = computed(() => new Map(seatedVisits.value.map((v) => [v.visit, v.dfu_port])));

// Serial numbers of visits: of those that sit somewhere, and of those that were opened while this page looked on.
export const serials = computed(() => {
  const names = new Map<number, string>();
  for (const f of latestFacts.value) {
    if (f.type === "visit_opened" && typeof f.body.visit === "number" && typeof f.body.serial === "string") names.set(f.body.visit, f.body.serial);
  }
  for (const { visit } of places.value) if (visit !== null) names.set(visit.visit, visit.serial);
  return names;
});

export const roomName = computed(() => part<string>("room").value ?? "");
export const alarms = computed(() => part<string[]>("alarms").value ?? []);

// The journal's trouble is an alarm as well, but it may come before the list of alarms knows it.
export const troubles = computed(() => {
  const trouble = part<{ trouble: string | null }>("journal").value?.trouble ?? null;
  const told = alarms.value.some((a) => trouble !== null && a.includes(trouble));
  return trouble === null || told ? alarms.value : [`the journal: ${trouble}`, ...alarms.value];
});

export function takeFrame(frame: Frame, at: number): void {
  batch(() => {
    const change = parts.apply(frame);
    for (const key of change.set) cell(key).value = parts.get(key);
    for (const key of change.gone) cell(key).value = undefined;
    for (const name of change.lists) list(name).value = parts.keysOf(name);
    anchor = anchorOf(frame.wall, frame.speed, at);
    if (anchor !== null) speed.value = anchor.speed;
    if (frame.whole) known.value = true;
    if (now.peek() !== 0) return;
    tick(at);
    sample();
  });
}

export const takeFact = (fact: Fact, asked: boolean) => facts.take(fact, asked);
export const showFacts = () => void (latestFacts.value = facts.latest);
export const lastSeq = () => facts.last;

// The journal is another one: a service with other data answers at this address now.
export function forgetFacts(): void {
  facts.forget();
  history.forget();
  latestFacts.value = [];
}

// Once a second: ages go on, and the charts get a sample; while the stream is lost both stand still.
export function tick(at: number): void {
  if (anchor === null) return;
  if (connection.peek().state !== "lost") now.value = roomTime(anchor, at);
}

export function sample(): void {
  if (known.peek() && live.peek()) history.add(now.peek(), circuits.peek());
}

export function markGap(): void {
  if (known.peek()) history.add(now.peek() + 1, []);
}
