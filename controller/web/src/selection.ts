// What is looked at more closely. It belongs to this page, not to the room.
import { computed, signal } from "@preact/signals";
import type { Circuit } from "./model/types";
import { circuitKeys, part } from "./room";

export const openedSlot = signal<string | null>(null);
export const openSlot = (slot: string) => void (openedSlot.value = slot);
export const closeSlot = () => void (openedSlot.value = null);

const picked = signal<string | null>(null);
export const chartCircuit = (name: string) => void (picked.value = name);

// The one that was picked, while it is there; else the first that has a meter, since its chart says most.
export const chartedCircuit = computed(() => {
  const keys = circuitKeys.value;
  if (keys.includes(`circuits/${picked.value ?? ""}`)) return picked.value;
  const metered = keys.map((key) => part<Circuit>(key).peek()).find((c) => c?.meter != null);
  return metered?.circuit ?? keys[0]?.slice("circuits/".length) ?? null;
});
