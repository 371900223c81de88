// The shapes of states. Each differs from the others without its colour; words stand beside them, so that these are
// decoration to a screen reader.
import type { Shape, Tone } from "../model/signs";

const paths: Record<Exclude<Shape, "none">, string> = {
  pause: "M8 5v14M16 5v14",
  ring: "M12 4a8 8 0 1 1-8 8",
  hands: "M4 4h16v16H4zM12 17V8M8 12l4-4 4 4",
  lock: "M5 11h14v9H5zM8 11V8a4 4 0 0 1 8 0v3",
  tick: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M8 12.5l3 3 5-6",
  stop: "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.5M12 16.2v.3",
  stripe: "M4 4h16v16H4zM4 20L20 4",
  question: "M4 4h16v16H4zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.6v.2",
};

export function Sign({ shape, tone }: { shape: Shape; tone: Tone }) {
  if (shape === "none") return null;
  return (
    <svg class={`sign sign-${shape} tone-${tone}`} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={paths[shape]} />
    </svg>
  );
}
