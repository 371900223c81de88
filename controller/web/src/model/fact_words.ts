// A fact as one line for people: what it is about, and what of it.
import type { Fact } from "./types";
import { plain } from "./words";

const about = ["slot", "outlet", "circuit", "pdu", "what", "batch"];
const said = ["serial", "step", "state", "to", "sensed", "command", "label", "kind", "reason", "words", "cause", "why"];

function text(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? plain(value) : null;
}

export function factWords(fact: Fact): string {
  const subject = about.map((name) => fact.body[name]).map(text).find((t) => t !== null);
  const details = said.map((name) => text(fact.body[name])).filter((t): t is string => t !== null);
  const head = plain(fact.type);
  return [head.charAt(0).toUpperCase() + head.slice(1), subject, ...new Set(details)].filter(Boolean).slice(0, 5).join(" · ");
}

export function isAbout(fact: Fact, slot: string, visit: number | null): boolean {
  return fact.body.slot === slot || (visit !== null && fact.body.visit === visit);
}
