// Who acts, what is scanned, and what the room answered. The field need not have the focus to be scanned into.
import { lastAnswer } from "../commands";
import { person, personTyped, setPerson } from "../person";
import { Sign } from "./sign";
import { fieldChanged, fieldEnded, typed } from "../scan";

function Name() {
  const missing = person.value === "";
  return (
    <label class={missing ? "field name missing-name" : "field name"}>
      <span>Your name{missing && ": needed to act"}</span>
      <input
        type="text"
        autocomplete="off"
        spellcheck={false}
        maxLength={60}
        value={personTyped.value}
        onInput={(e) => setPerson(e.currentTarget.value)}
        onKeyDown={(e) => e.key === "Enter" && e.currentTarget.blur()}
        data-name
      />
    </label>
  );
}

function ScanField() {
  return (
    <form
      class="scan"
      onSubmit={(e) => {
        e.preventDefault();
        fieldEnded();
      }}
    >
      <label class="field">
        <span>Scan at any time: Mac, slot, or a command</span>
        <input
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          enterkeyhint="send"
          value={typed.value}
          onInput={(e) => fieldChanged(e.currentTarget.value)}
        />
      </label>
      <button type="submit" class="action">Enter</button>
    </form>
  );
}

// Each answer is a new element: the same words twice are read twice.
function Answers() {
  const answer = lastAnswer.value;
  return (
    <div class="answers" role="status" aria-live="polite">
      {answer === null ? (
        <p class="hint">Answers to scans and presses appear here.</p>
      ) : (
        <p key={answer.count} class={answer.accepted ? "yes" : "no"}>
          <Sign shape={answer.accepted ? "tick" : "stop"} tone={answer.accepted ? "plain" : "amber"} />
          <span>{!answer.accepted && <strong>Not done: </strong>}{answer.words}</span>
        </p>
      )}
    </div>
  );
}

export function ScanBar() {
  return (
    <section class="scanbar" aria-label="Scan">
      <ScanField />
      <Answers />
      <Name />
    </section>
  );
}
