// One question at a time: what a press will say, with or without words of the person's own.
import { signal } from "@preact/signals";
import type { Command } from "./commands";

export interface Question {
  title: string;
  explain: string;
  button: string;
  field?: { label: string; required: boolean };
  command: (text: string) => Command;
}

export const question = signal<Question | null>(null);
