import type { Question } from "../ask";

export function lockOutQuestion(what: string, label: string): Question {
  return {
    title: `Lock out ${what}`,
    explain: "Nothing there is switched on until a person clears it.",
    button: "Lock it out",
    command: () => ({ type: "lock_out", label }),
  };
}

export function clearLockQuestion(what: string, label: string): Question {
  return {
    title: `Clear the lock-out of ${what}`,
    explain: "It may be switched on again, as soon as there is room on its circuits.",
    button: "Clear it",
    command: () => ({ type: "clear_lock", label }),
  };
}
