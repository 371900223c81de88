// What is looked at more closely. It belongs to this page, not to the room.
import { computed, signal } from "@preact/signals";
import { circuitKeys } from "./room";

export const openedSlot = signal<string | null>(null);
export const openSlot = (slot: string) => void (openedSlot.value = slot);
export const closeSlot = () => void (openedSlot.value = null);

const picked = signal<string | null>(null);
export const chartCircuit = (name: string) => void (picked.value = name);

// The one that was picked while it is there, else the first of the room.
export const chartedCircuit = computed(() => {
  const keys = circuitKeys.value;
  const wanted = `circuits/${picked.value ?? ""}`;
  return (keys.includes(wanted) ? wanted : keys[0])?.slice("circuits/".length) ?? null;
});
