// A fact as one line for people: what happened, to which Mac or thing, and what was said of it.
import type { Fact } from "./types";
import { plain, stepWord } from "./words";

const about = ["slot", "outlet", "circuit", "pdu", "batch"];
const said = ["state", "to", "kind", "command", "reason", "error", "words", "answer", "text", "why"];

// Serial numbers by visit, as far as this page saw them.
export type Names = ReadonlyMap<number, string>;

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function macOf(body: Fact["body"], names: Names): string | null {
  const serial = text(body.serial);
  if (serial !== null || typeof body.visit !== "number" || body.visit === 0) return serial;
  return names.get(body.visit) ?? `visit ${body.visit}`;
}

// A step says itself how it stands; of the others the kind of fact is the sentence.
function headOf(fact: Fact): string {
  const { kind, state } = fact.body;
  if (fact.type === "step_changed" && typeof kind === "string" && typeof state === "string") return `${stepWord(kind)}: ${plain(state)}`;
  return capital(plain(fact.type));
}

export function factWords(fact: Fact, names: Names): string {
  const { body } = fact;
  const step = fact.type === "step_changed";
  const subjects = about.map((name) => text(body[name]));
  const details = (step ? [] : said).map((name) => text(body[name])).map((t) => (t === null ? null : plain(t)));
  const percent = typeof body.percent === "number" ? `${body.percent} %` : null;
  const by = fact.by === "greenroom" ? null : `by ${fact.by}`;
  const all = [headOf(fact), macOf(body, names), ...subjects, ...details, text(body.what), percent, by];
  return [...new Set(all.filter((t): t is string => t !== null))].join(" · ");
}

export function isAbout(fact: Fact, slot: string, visit: number | null): boolean {
  return fact.body.slot === slot || (visit !== null && fact.body.visit === visit);
}
