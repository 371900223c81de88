// "Next for you": what people do now, in the room's own order, each with the one button that says it is done.
import { useComputed, useSignal } from "@preact/signals";
import { cases, chores, stepsOfVisits } from "../room";
import { openSlot } from "../selection";
import type { Question } from "../ask";
import type { Command } from "../commands";
import type { Chore } from "../model/types";
import { canFail, canTick, caseOf, choreKey, endsBy, tickWord } from "../model/chores";
import { counted, plain } from "../model/words";
import { Action } from "./action";
import { closeCaseQuestion } from "./case_question";
import { DfuHint } from "./dfu_picture";
import { Sign } from "./sign";

function failQuestion(chore: Chore): Question {
  const target: Omit<Command, "type"> = chore.visit !== null ? { number: chore.visit } : { serial: chore.serial ?? "" };
  return {
    title: chore.visit !== null ? "Can't do this" : "Can't find this Mac",
    explain: `${chore.words} It becomes a case, and somebody sees to it.`,
    button: "Make it a case",
    field: { label: "What is wrong?", required: true },
    command: (text) => ({ type: "step_failed", ...target, text }),
  };
}

function Buttons({ chore }: { chore: Chore }) {
  const found = caseOf(chore, cases.value);
  const subject = chore.serial ?? chore.slot ?? "";
  const ends = endsBy(chore);
  return (
    <p class="buttons">
      {ends !== null && <span class="ends">{ends}</span>}
      {canTick(chore) && (
        <Action
          strong
          label={tickWord(chore, stepsOfVisits.value.get(chore.visit ?? 0))}
          about={subject}
          command={() => ({ type: "step_done", number: chore.visit ?? 0 })}
        />
      )}
      {found !== null && <Action label="Close case" about={String(found.case)} ask={() => closeCaseQuestion(found)} />}
      {canFail(chore) && (
        <Action label={chore.visit !== null ? "Can't do this" : "Can't find it"} about={subject} ask={() => failQuestion(chore)} />
      )}
    </p>
  );
}

function Item({ chore, first }: { chore: Chore; first: boolean }) {
  const isCase = chore.kind === "case";
  return (
    <li class={first ? "chore first" : "chore"}>
      <p class="chore-head">
        <Sign shape={isCase ? "stop" : "hands"} tone={isCase ? "red" : "amber"} />
        {chore.slot !== null && (
          <button type="button" class="link" onClick={() => openSlot(chore.slot ?? "")}>{chore.slot}</button>
        )}
        <span class="owner">{isCase ? `Case · ${plain(chore.owner)}` : plain(chore.owner)}</span>
      </p>
      <p class="chore-words">{chore.words}</p>
      <DfuHint chore={chore} />
      <Buttons chore={chore} />
    </li>
  );
}

const shortList = 8; // what is done first; the rest is there to be asked for

export function NextForYou() {
  const count = useComputed(() => chores.value.length);
  const whole = useSignal(false);
  const shown = whole.value ? chores.value : chores.value.slice(0, shortList);
  return (
    <aside class="next" aria-labelledby="next-title">
      <h2 id="next-title">
        Next for you <span class="count">{counted(count.value, "thing")}</span>
      </h2>
      {count.value === 0 ? (
        <p class="hint">Nothing needs hands now.</p>
      ) : (
        <ol>
          {shown.map((chore, i) => <Item key={choreKey(chore)} chore={chore} first={i === 0} />)}
        </ol>
      )}
      {count.value > shortList && (
        <button type="button" class="action" aria-expanded={whole.value} onClick={() => void (whole.value = !whole.value)}>
          {whole.value ? "Show the first only" : `Show ${count.value - shortList} more`}
        </button>
      )}
    </aside>
  );
}
