// The question before a press that cannot be taken back, or that needs words.
import { useSignal } from "@preact/signals";
import { send } from "../commands";
import { question, type Question } from "../ask";
import { person } from "../person";
import { Modal } from "./modal";

function Asked({ asked }: { asked: Question }) {
  const text = useSignal("");
  const missing = useSignal(false);
  const close = () => void (question.value = null);
  const submit = (event: Event) => {
    event.preventDefault();
    const words = text.peek().trim();
    if (asked.field?.required === true && words === "") return void (missing.value = true);
    close();
    void send(person.peek(), asked.command(words));
  };
  return (
    <Modal title={asked.title} onClose={close}>
      <form class="ask" onSubmit={submit}>
        <p>{asked.explain}</p>
        {asked.field !== undefined && (
          <label class="field">
            <span>{asked.field.label}</span>
            <textarea
              rows={2}
              maxLength={500}
              value={text.value}
              aria-invalid={missing.value}
              onInput={(e) => void (text.value = e.currentTarget.value.replace(/\s+/g, " "))}
            />
          </label>
        )}
        {missing.value && <p class="missing" role="alert">Say what is wrong: whoever sees to it next reads this.</p>}
        <p class="buttons">
          <button type="submit" class="action strong">{asked.button}</button>
          <button type="button" class="action" onClick={close}>Leave it</button>
        </p>
      </form>
    </Modal>
  );
}

export function AskDialog() {
  const asked = question.value;
  return asked === null ? null : <Asked key={asked.title} asked={asked} />;
}
