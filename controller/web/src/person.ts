// Who acts at this page. The name stands in the journal beside everything they say; this browser remembers it.
import { computed, signal } from "@preact/signals";

const stored = "greenroom.person";

function remembered(): string {
  try {
    return localStorage.getItem(stored) ?? "";
  } catch {
    return ""; // storage is switched off: the name is asked for each time
  }
}

export const personTyped = signal(remembered());
export const person = computed(() => personTyped.value.trim());

export function setPerson(name: string): void {
  personTyped.value = name;
  try {
    localStorage.setItem(stored, name.trim());
  } catch {
    // as above
  }
}
