// "Next for you": what people do now, in the room's own order, each with the one button that says it is done.
import { useComputed } from "@preact/signals";
import { cases, chores } from "../room";
import { openSlot } from "../selection";
import type { Question } from "../ask";
import type { Command } from "../commands";
import type { Chore } from "../model/types";
import { canFail, canTick, caseOf, choreKey, endsBy, tickWord } from "../model/chores";
import { counted, plain } from "../model/words";
import { Action } from "./action";
import { closeCaseQuestion } from "./case_question";
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
          label={tickWord(chore)}
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
      <Buttons chore={chore} />
    </li>
  );
}

export function NextForYou() {
  const count = useComputed(() => chores.value.length);
  return (
    <aside class="next" aria-labelledby="next-title">
      <h2 id="next-title">
        Next for you <span class="count">{counted(count.value, "thing")}</span>
      </h2>
      {count.value === 0 ? (
        <p class="hint">Nothing needs hands now.</p>
      ) : (
        <ol>
          {chores.value.map((chore, i) => <Item key={choreKey(chore)} chore={chore} first={i === 0} />)}
        </ol>
      )}
    </aside>
  );
}
