// A button that does something in the room. When it may not be pressed it stays reachable, and says why: to the pointer, to
// a screen reader, and, pressed, to everybody.
import { useComputed, useSignal } from "@preact/signals";
import { say, send, type Command } from "../commands";
import { question, type Question } from "../ask";
import { person } from "../person";
import { live } from "../room";

export const whyNoName = "Enter your name first: it stands in the journal beside what you say.";
export const whyNotLive = "Not live: what is shown here may be old.";

// The reasons, once on the page; buttons point at them.
export function Reasons() {
  return (
    <div hidden>
      <p id="why-no-name">{whyNoName}</p>
      <p id="why-not-live">{whyNotLive}</p>
    </div>
  );
}

interface Props {
  label: string;
  about?: string; // what it is pressed for, where the label alone does not tell two buttons apart
  strong?: boolean;
  command?: () => Command; // either this, sent at once,
  ask?: () => Question; // or this, asked first
}

export function Action({ label, about, strong = false, command, ask }: Props) {
  const busy = useSignal(false);
  const why = useComputed(() => (!live.value ? "why-not-live" : person.value === "" ? "why-no-name" : undefined));
  const press = async () => {
    if (busy.peek()) return;
    if (why.peek() !== undefined) return void say(false, why.peek() === "why-not-live" ? whyNotLive : whyNoName);
    if (ask !== undefined) return void (question.value = ask());
    if (command === undefined) return;
    busy.value = true;
    await send(person.peek(), command());
    busy.value = false;
  };
  const reason = why.value;
  return (
    <button
      type="button"
      class={strong ? "action strong" : "action"}
      aria-disabled={reason !== undefined}
      aria-describedby={reason}
      title={reason === undefined ? undefined : reason === "why-not-live" ? whyNotLive : whyNoName}
      aria-busy={busy.value}
      onClick={() => void press()}
    >
      {label}
      {about !== undefined && <span class="unseen"> {about}</span>}
    </button>
  );
}
