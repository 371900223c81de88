// Which view is shown: the address says it, so that a bench's screen can be set to one, and back works.
import { signal } from "@preact/signals";

export const views = [
  { id: "bench", title: "Bench" },
  { id: "power", title: "Power" },
  { id: "batch", title: "Batch" },
] as const;

export type View = (typeof views)[number]["id"];

function fromAddress(): View {
  const named = window.location.hash.slice(1);
  return views.find((v) => v.id === named)?.id ?? "bench";
}

export const view = signal<View>(fromAddress());
window.addEventListener("hashchange", () => void (view.value = fromAddress()));
