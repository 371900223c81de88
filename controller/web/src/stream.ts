// The live stream. EventSource reconnects by itself and names the last fact that it had; this adds what it does not do: it
// starts again after a refusal, notices a service that stands still, and asks anew when a fact was left out or the
// service has another journal.
import { connection, forgetFacts, lastSeq, markGap, showFacts, takeFact, takeFrame } from "./room";
import type { Fact, Frame } from "./model/types";

const firstFacts = 100; // what is shown of the time before the page was opened
const pause = 1_000; // ms between two attempts of our own
const quiet = 8_000; // ms without a word: ask whether the service is still there
const patience = 5_000; // ms that it has to answer
const shown = 250; // ms: facts come in hundreds when a room runs fast

let source: EventSource | null = null;
let quietTimer = 0;
let showTimer = 0;
let askedAfter: number | null = null; // the facts after this one were asked for by the last `open`

// `why`: the service's own words, where it had any.
function lost(why: string | null = null): void {
  const was = connection.peek();
  if (was.state === "lost") {
    if (why !== null) connection.value = { ...was, why };
    return;
  }
  connection.value = { state: "lost", since: Date.now(), why };
  markGap();
}

function heard(): void {
  window.clearTimeout(quietTimer);
  quietTimer = window.setTimeout(askWhetherThere, quiet);
}

// The number of the service's last fact; nothing when it does not answer.
async function status(): Promise<number | null> {
  try {
    const response = await fetch("/api/v1/status", { signal: AbortSignal.timeout(patience) });
    const body = (await response.json()) as { journal?: { last_seq?: number } };
    return response.ok ? (body.journal?.last_seq ?? null) : null;
  } catch {
    return null;
  }
}

async function askWhetherThere(): Promise<void> {
  const asked = source;
  const there = (await status()) !== null;
  if (source !== asked) return;
  if (there && connection.peek().state === "live") return heard();
  lost();
  void startAgain();
}

async function startAgain(): Promise<void> {
  source?.close();
  source = null;
  if (document.hidden) return;
  const last = await status();
  if (last === null) {
    window.setTimeout(() => void startAgain(), pause);
    return;
  }
  const had = lastSeq();
  if (had !== null && last < had) forgetFacts();
  open();
}

function onFact(event: MessageEvent<string>): void {
  heard();
  const taken = takeFact(JSON.parse(event.data) as Fact, askedAfter !== null && askedAfter === lastSeq());
  if (taken === "gap") return open();
  if (taken === "new" && showTimer === 0) {
    showTimer = window.setTimeout(() => {
      showTimer = 0;
      showFacts();
    }, shown);
  }
}

function open(): void {
  source?.close();
  let before = lastSeq(); // what was known when this connection, or its latest renewal, began
  askedAfter = before;
  const opened = new EventSource(`/api/v1/events?${before === null ? `last=${firstFacts}` : `from=${before + 1}`}`);
  source = opened;
  heard();
  opened.addEventListener("fact", onFact);
  opened.addEventListener("parts", (event: MessageEvent<string>) => {
    heard();
    const frame = JSON.parse(event.data) as Frame;
    // The whole room, and younger than what was seen of it on the connection before: this is another journal.
    if (frame.whole && before !== null && frame.seq < before) {
      forgetFacts();
      return open();
    }
    connection.value = { state: "live" };
    takeFrame(frame, performance.now());
  });
  opened.addEventListener("trouble", (event: MessageEvent<string>) => lost((JSON.parse(event.data) as { error: string }).error));
  opened.addEventListener("error", () => {
    if (source !== opened) return;
    before = lastSeq();
    lost();
    if (opened.readyState === EventSource.CLOSED) void startAgain();
  });
}

// A browser has six connections to one address, for all its tabs: a page that nobody sees gives its own back, or the
// seventh tab would not open, and no command of the others would go out.
function onVisibility(): void {
  if (!document.hidden) return void startAgain();
  window.clearTimeout(quietTimer);
  source?.close();
  source = null;
  lost();
}

export function openStream(): void {
  document.addEventListener("visibilitychange", onVisibility);
  if (!document.hidden) open();
}
