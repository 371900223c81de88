// Trouble: said at once to a screen reader, and it stays until it is over.
import { connection, troubles } from "../room";
import { timeOfDay } from "../model/clock";
import { Sign } from "./sign";

export function Banner() {
  const c = connection.value;
  return (
    <div class="banner" role="alert" aria-live="assertive">
      {c.state === "lost" && (
        <p class="lost">
          <Sign shape="question" tone="amber" />
          <span>
            <strong>Not live since {timeOfDay(c.since, true)}; trying again.</strong> What is shown is as it was then.
            {c.why !== null && ` The service says: ${c.why}`}
          </span>
        </p>
      )}
      {troubles.value.map((words) => (
        <p key={words} class="alarm">
          <Sign shape="stop" tone="red" />
          <span>{words}</span>
        </p>
      ))}
    </div>
  );
}
