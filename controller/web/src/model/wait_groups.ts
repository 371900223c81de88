// Outlets that wait, by what they wait for: one full circuit is one line, however many slots it keeps waiting.
import type { Place } from "./types";

export interface WaitGroup {
  why: string;
  slots: string[];
}

// The words name the outlet where a rule makes it wait; the rule's own name is what a group shares.
export function waitGroups(places: readonly Place[]): WaitGroup[] {
  const groups: WaitGroup[] = [];
  for (const place of places) {
    const wait = place.outlet?.waits_for;
    if (wait == null) continue;
    const why = wait.kind === "rule" ? wait.name : wait.words;
    const group = groups.find((g) => g.why === why);
    if (group === undefined) groups.push({ why, slots: [place.slot] });
    else group.slots.push(place.slot);
  }
  return groups.sort((a, b) => b.slots.length - a.slots.length);
}
