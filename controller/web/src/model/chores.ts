// "Next for you": what of it a person can say on the page, and what ends by itself.
import type { Case, Chore } from "./types";

// Hands that a tick ends, or that a tick makes Greenroom look at again. The others end by a scan or by what is seen.
export function canTick(chore: Chore): boolean {
  return chore.visit !== null && (chore.kind === "tick" || chore.kind === "look" || chore.kind === "hold");
}

// A tick at a charge says that the battery is full; it must never be pressed as a mere "seen".
function claimsCharge(step: string | undefined): boolean {
  return step === "charge" || step === "charge_gate";
}

// What the button says: after other looks Greenroom looks again by itself whether it worked.
export function tickWord(chore: Chore, step: string | undefined): string {
  if (claimsCharge(step)) return step === "charge" ? "Battery is full" : "Charged enough";
  return chore.kind === "look" ? "Done, look again" : "Done";
}

// The first thing of the list that the command word NEXT ticks; a charge is claimed only by its own button.
export function firstTick(chores: readonly Chore[], steps: ReadonlyMap<number, string>): Chore | null {
  return chores.find((c) => canTick(c) && !claimsCharge(steps.get(c.visit ?? 0))) ?? null;
}

// Of a chore without a visit only this can be said: nobody can find that Mac.
export function canFail(chore: Chore): boolean {
  return chore.kind !== "case" && (chore.visit !== null || (chore.kind === "seat" && chore.serial !== null));
}

// How a chore ends that has no button.
export function endsBy(chore: Chore): string | null {
  switch (chore.kind) {
    case "seat":
    case "move":
      return "Done by the two scans";
    case "keys":
      return "Seen by itself when the Mac is in DFU";
    case "look":
      return chore.visit === null ? "Done by the two scans" : null;
    default:
      return null;
  }
}

// The case that a chore is about.
export function caseOf(chore: Chore, cases: readonly Case[]): Case | null {
  return chore.kind === "case" ? (cases.find((c) => c.case === chore.case) ?? null) : null;
}

// Stays the same while the chore does, so that a list that moves keeps the focus where it was.
export function choreKey(chore: Chore): string {
  return `${chore.kind}/${chore.visit ?? ""}/${chore.serial ?? ""}/${chore.slot ?? ""}/${chore.case ?? ""}`;
}
