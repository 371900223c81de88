// What facilities must see to: each thing names the command that says it is done, as "clear_lock left:7".
import type { Command } from "../commands";
import type { Job } from "./types";
import { plain } from "./words";

export interface JobAction {
  label: string;
  explain: string; // what pressing it says of the room
  command: Command;
}

export function actionOf(job: Job): JobAction | null {
  if (job.command === null) return null;
  const type = job.command.split(" ", 1)[0] ?? "";
  const rest = job.command.slice(`${type} ${job.about} `.length);
  switch (type) {
    case "clear_lock":
      return { label: "Clear lock-out", explain: `${job.about} may be switched on again.`, command: { type, label: job.about } };
    case "restore_circuit":
      return {
        label: "Restore circuit",
        explain: `You found out why ${job.about} tripped and reset its breaker. What is below it may be switched on again.`,
        command: { type, label: job.about },
      };
    case "limit":
      return {
        label: "Put limit back",
        explain: `${job.about} has the limits of the room file again.`,
        command: { type, label: job.about, number: 0 },
      };
    case "clear_read_only":
      return {
        label: "Switch again",
        explain: `Nobody else switches PDU ${job.about} any more: Greenroom may.`,
        command: { type, label: job.about },
      };
    case "prove_map":
      return {
        label: "I saw it",
        explain: `You saw yourself that outlet ${job.about} feeds slot ${rest}.`,
        command: { type, label: job.about, text: rest },
      };
    default:
      return null;
  }
}

// By kind, in the order in which the kinds come.
export function groupsOfJobs(jobs: readonly Job[]): Job[][] {
  const kinds = [...new Set(jobs.map((job) => job.kind))];
  return kinds.map((kind) => jobs.filter((job) => job.kind === kind));
}

export function jobsWord(kind: string, count: number): string {
  return kind === "unproven" ? `${count} outlets are not proven to feed their slots` : `${count} times: ${plain(kind)}`;
}
