import type { Question } from "../ask";
import type { Case } from "../model/types";

export function closeCaseQuestion(c: Case): Question {
  return {
    title: `Close case ${c.case}`,
    explain: `${c.words} ${c.next}`,
    button: "Close the case",
    field: { label: "How was it solved?", required: true },
    command: (text) => ({ type: "close_case", number: c.case, text }),
  };
}
