// Keys that come without focus become labels. A scanner types a key every 7 to 16 ms and ends with Enter or Tab; a person
// types slowly and ends with Enter. Pure: the times come from outside.

export const burst = 50; // ms: two keys that are further apart were not typed by one pull of a scanner's trigger
const pause = 500; // ms: a key that came so long before a scan was a stray one
export const shortest = 3; // characters of a burst that count as a scan
const again = 2_000; // ms: the same label within these is the same pull

export interface ScanKey {
  key: string;
  at: number; // ms
  chord: boolean; // with Ctrl, Alt or Meta
}

export type Reading =
  | { kind: "ignored" } // not for us: the page may have it
  | { kind: "typing" }
  | { kind: "label"; label: string }
  | { kind: "repeated"; label: string };

export class ScanReader {
  private text = "";
  private burstFrom = 0;
  private lastAt = Number.NEGATIVE_INFINITY;
  private lastLabel = "";
  private lastLabelAt = Number.NEGATIVE_INFINITY;

  get typed(): string {
    return this.text;
  }

  set typed(text: string) {
    this.text = text;
    this.burstFrom = 0;
  }

  read({ key, at, chord }: ScanKey): Reading {
    if (chord) return { kind: "ignored" };
    const fast = at - this.lastAt <= burst;
    const scanned = fast && this.text.length - this.burstFrom >= shortest;
    if (key === "Enter" || (key === "Tab" && scanned)) return this.end(scanned, at);
    if (key === "Escape" || key === "Backspace") return this.edit(key);
    // A space begins no label: it presses the button that has the focus.
    if ([...key].length !== 1 || (key === " " && this.text === "")) return { kind: "ignored" };
    if (at - this.lastAt > pause) this.burstFrom = this.text.length;
    this.text += key;
    this.lastAt = at;
    return { kind: "typing" };
  }

  // The end of a label, wherever it was typed.
  take(text: string, at: number): Reading {
    const label = text.trim();
    this.typed = "";
    if (label === "") return { kind: "ignored" };
    const repeated = label === this.lastLabel && at - this.lastLabelAt < again;
    this.lastLabel = label;
    this.lastLabelAt = at;
    return { kind: repeated ? "repeated" : "label", label };
  }

  // What a scanner typed in one go is the label; a stray key of before is not part of it.
  private end(scanned: boolean, at: number): Reading {
    return this.take(scanned ? this.text.slice(this.burstFrom) : this.text, at);
  }

  private edit(key: string): Reading {
    if (this.text === "") return { kind: "ignored" };
    this.typed = key === "Escape" ? "" : this.text.slice(0, -1);
    return { kind: "typing" };
  }
}
