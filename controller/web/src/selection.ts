// What is looked at more closely. It belongs to this page, not to the room.
import { signal } from "@preact/signals";

export const openedSlot = signal<string | null>(null);
export const openSlot = (slot: string) => void (openedSlot.value = slot);
export const closeSlot = () => void (openedSlot.value = null);

export const chartedCircuit = signal<string | null>(null);
