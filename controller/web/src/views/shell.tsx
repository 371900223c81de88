// What stands around every view: which room this is, how it stands, who acts, what was scanned, what is wrong.
import { useLayoutEffect } from "preact/hooks";
import { AskDialog } from "./ask_dialog";
import { Reasons } from "./action";
import { BatchView } from "./batch";
import { BenchView } from "./bench";
import { Hatch } from "./circuit";
import { PowerView } from "./power";
import { ScanBar } from "./scan_bar";
import { SlotDialog } from "./slot_dialog";
import { Banner } from "./banner";
import { batches, connection, known, now, roomName, speed } from "../room";
import { timeOfDay } from "../model/clock";
import { view, views } from "../route";

function Clock() {
  if (now.value === 0) return null;
  const fast = speed.value !== 1 ? ` · ${speed.value}× time` : "";
  return <p class="clock"><strong>{timeOfDay(now.value, true)}</strong>{fast}</p>;
}

// "Live" is said by shape and word; that it is not is the banner's.
function Live() {
  const state = connection.value.state;
  return (
    <p class={`live live-${state}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {state === "live" ? <circle cx="6" cy="6" r="4" /> : <path d="M2 2l8 8M10 2l-8 8" />}
      </svg>
      {state === "live" ? "Live" : state === "opening" ? "Opening" : "Not live"}
    </p>
  );
}

function Standing() {
  const all = batches.value;
  if (all.length === 0) return <p class="standing">No batch is open</p>;
  const sum = (of: (b: (typeof all)[number]) => number) => all.reduce((total, b) => total + of(b), 0);
  return (
    <p class="standing">
      <strong>{sum((b) => b.packed)}</strong> of {sum((b) => b.macs)} packed · {sum((b) => b.in_cases)} in cases
    </p>
  );
}

function Navigation() {
  return (
    <nav aria-label="Views">
      {views.map((v) => (
        <a key={v.id} href={`#${v.id}`} aria-current={view.value === v.id ? "page" : undefined}>{v.title}</a>
      ))}
    </nav>
  );
}

// Told to the browser's own clock, so that it can be measured how soon a person sees the room.
function useShown(shown: boolean): void {
  useLayoutEffect(() => {
    if (shown) performance.mark("room shown");
  }, [shown]);
}

function Current() {
  useShown(known.value);
  if (!known.value) return <p class="opening">Waiting for the room ...</p>;
  if (view.value === "power") return <PowerView />;
  return view.value === "batch" ? <BatchView /> : <BenchView />;
}

export function Shell() {
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), document.getElementById("main")?.focus())}>To the room</a>
      <header class="top">
        <h1>{roomName.value || "Greenroom"}</h1>
        <Navigation />
        <Standing />
        <Clock />
        <Live />
      </header>
      <Banner />
      <ScanBar />
      <main id="main" tabIndex={-1} class={connection.value.state === "lost" ? "stale" : undefined}>
        <Current />
      </main>
      <SlotDialog />
      <AskDialog />
      <Reasons />
      <Hatch />
    </>
  );
}
