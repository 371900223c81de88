// How a state looks: a shape, a word and, only where something is not as usual, a colour. Grey is the normal room.
import type { Circuit, Place } from "./types";
import { plain } from "./words";

export type Shape = "none" | "pause" | "ring" | "hands" | "lock" | "tick" | "stop" | "stripe" | "question";
export type Tone = "plain" | "amber" | "green" | "red" | "grey";

export interface Sign {
  shape: Shape;
  word: string;
  tone: Tone;
}

// Its outlet must stay closed and its cables in: what runs there does not survive an unplugging.
export function keepHandsOff(place: Place): boolean {
  return place.state === "running" && (place.visit?.engine != null || place.outlet?.protected === true);
}

export function signOf(place: Place): Sign {
  const locked = (place.outlet?.locked_out_by.length ?? 0) > 0;
  switch (place.state) {
    case "free":
      return locked ? { shape: "stripe", word: "Locked out", tone: "grey" } : { shape: "none", word: "Free", tone: "plain" };
    case "stranger":
      return { shape: "question", word: "Scan me", tone: "amber" };
    case "waiting":
      return locked ? { shape: "stripe", word: "Locked out", tone: "grey" } : { shape: "pause", word: "Waiting", tone: "plain" };
    case "running":
      return keepHandsOff(place)
        ? { shape: "lock", word: "Do not unplug", tone: "plain" }
        : { shape: "ring", word: "Working", tone: "plain" };
    case "hands":
      return { shape: "hands", word: "Hands needed", tone: "amber" };
    case "held":
      return { shape: "stop", word: "Case open", tone: "red" };
    case "done":
      return { shape: "tick", word: "Done", tone: "green" };
    default:
      return { shape: "question", word: plain(place.state), tone: "amber" };
  }
}

export function circuitSign(c: Circuit): Sign {
  if (c.state === "tripped") return { shape: "stop", word: "Tripped", tone: "red" };
  if (c.state === "lost") return { shape: "stop", word: "No power", tone: "red" };
  if (c.band === "critical") return { shape: "stop", word: "Above its hard limit", tone: "red" };
  if (c.state === "locked_out") return { shape: "stripe", word: "Locked out", tone: "grey" };
  if (c.band === "unknown" || c.hard_sum_A === null) return { shape: "question", word: "Unknown", tone: "amber" };
  if (c.band !== "normal") return { shape: "hands", word: plain(c.band), tone: "amber" };
  return { shape: "none", word: "Normal", tone: "plain" };
}
