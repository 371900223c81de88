// Everything that a person does here is a command: POST, with a key that is new for each press. When no answer comes, the
// same key is sent again: the room does nothing twice.
import { signal } from "@preact/signals";

export interface Command {
  type: string;
  label?: string;
  serial?: string;
  text?: string;
  number?: number;
}

export interface Answer {
  accepted: boolean;
  words: string;
}

const tries = 3;
const patience = 10_000; // ms for one try

const token = document.querySelector<HTMLMetaElement>('meta[name="greenroom-token"]')?.content ?? "";

// The last answer, for the line that is read aloud; `count` tells two equal ones apart.
export const lastAnswer = signal<(Answer & { count: number }) | null>(null);

export function say(accepted: boolean, words: string): Answer {
  const answer = { accepted, words };
  lastAnswer.value = { ...answer, count: (lastAnswer.peek()?.count ?? 0) + 1 };
  return answer;
}

async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as { accepted?: boolean; words?: string; error?: string };
  if (response.status === 401 || response.status === 403)
    return { accepted: false, words: "The service was started anew and does not know this page: load it again." };
  return { accepted: body.accepted === true, words: body.words ?? body.error ?? `The service answered ${response.status}.` };
}

async function post(body: string): Promise<Answer> {
  for (let left = tries; ; --left) {
    try {
      const response = await fetch("/api/v1/commands", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body,
        signal: AbortSignal.timeout(patience),
      });
      return await answerOf(response);
    } catch {
      if (left <= 1) return { accepted: false, words: "No answer from the service; whether it was done is not known." };
    }
  }
}

export async function send(by: string, command: Command): Promise<Answer> {
  const answer = await post(JSON.stringify({ ...command, by, key: crypto.randomUUID() }));
  return say(answer.accepted, answer.words);
}
