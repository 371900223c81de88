// The scanner of this page: keys without focus, and the field for those who type. What was scanned is sent as it is; the
// room decides what it means. Two words of the page's own work as command barcodes.
import { signal } from "@preact/signals";
import { say, send } from "./commands";
import { person, personTyped, setPerson } from "./person";
import { firstTick } from "./model/chores";
import { chores, stepsOfVisits } from "./room";
import { burst, ScanReader, shortest, type Reading } from "./scan_reader";

export const typed = signal("");

const reader = new ScanReader();

export const words: readonly { word: string; means: string }[] = [
  { word: "NEXT", means: "ticks the first thing of your list that a tick ends" },
  { word: "HELP", means: "lists these words" },
];

async function next(by: string): Promise<void> {
  const chore = firstTick(chores.peek(), stepsOfVisits.peek());
  if (chore === null || chore.visit === null) {
    say(false, "NEXT: nothing in the list is ended by a tick.");
    return;
  }
  await send(by, { type: "step_done", number: chore.visit });
}

export async function scanned(label: string): Promise<void> {
  const by = person.peek();
  if (label.toUpperCase() === "HELP") {
    say(true, `Scan a Mac and then its slot, or the slot first. ${words.map((w) => `${w.word} ${w.means}.`).join(" ")}`);
  } else if (by === "") {
    say(false, `${label} was scanned, but by whom? Enter your name first.`);
  } else if (label.toUpperCase() === "NEXT") {
    await next(by);
  } else {
    await send(by, { type: "scan", label });
  }
}

function show(reading: Reading): void {
  typed.value = reader.typed;
  if (reading.kind === "label") void scanned(reading.label);
}

// The field: what it holds was typed with focus.
export function fieldChanged(text: string): void {
  reader.typed = text;
  typed.value = text;
}

export function fieldEnded(): void {
  show(reader.take(typed.peek(), performance.now()));
}

// Where a person types, every key is theirs.
function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

// The name field keeps the focus while people put it down for the scanner: a burst that ends there is a scan, and is taken
// out of the name again. True when this key was its end.
const inName = { burst: "", before: "", lastAt: Number.NEGATIVE_INFINITY };
function endsScanInName(event: KeyboardEvent): boolean {
  const fast = event.timeStamp - inName.lastAt <= burst;
  if ([...event.key].length === 1) {
    if (!fast) Object.assign(inName, { burst: "", before: personTyped.peek() });
    inName.burst += event.key;
    inName.lastAt = event.timeStamp;
    return false;
  }
  const ended = event.key === "Enter" && fast && inName.burst.length > shortest;
  if (ended) setPerson(inName.before);
  return ended;
}

let swallowUp = "";

function onKeyDown(event: KeyboardEvent): void {
  swallowUp = "";
  if (event.isComposing) return;
  if (event.target instanceof HTMLElement && "name" in event.target.dataset && endsScanInName(event)) {
    void scanned(inName.burst);
    return;
  }
  if (isField(event.target)) return;
  const chord = event.ctrlKey || event.altKey || event.metaKey;
  const reading = reader.read({ key: event.key, at: event.timeStamp, chord });
  if (reading.kind === "ignored") return;
  // A button that has the focus is not pressed by a label that goes by: not by its Enter, and not by a space in it, which
  // some browsers act on when the key comes up.
  event.preventDefault();
  event.stopPropagation();
  swallowUp = event.key;
  show(reading);
}

function onKeyUp(event: KeyboardEvent): void {
  if (event.key !== swallowUp) return;
  event.preventDefault();
  swallowUp = "";
}

export function listenToScanner(): void {
  document.addEventListener("keydown", onKeyDown, { capture: true });
  document.addEventListener("keyup", onKeyUp, { capture: true });
}
