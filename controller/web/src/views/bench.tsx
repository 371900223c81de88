// The bench as it stands: the slots in the order of the room file, by bench and kind, so that the eye finds on the screen
// what the hand finds on the bench.
import { useComputed } from "@preact/signals";
import { part, placeKeys } from "../room";
import type { Place } from "../model/types";
import { kindWord } from "../model/words";
import { SlotCard } from "./card";
import { NextForYou } from "./next";

interface Group {
  bench: string;
  kind: string;
  keys: string[];
}

// Which slot is where changes with the room file only; a place that changes in itself does not make new groups.
function groupsOf(keys: readonly string[]): Group[] {
  const groups: Group[] = [];
  for (const key of keys) {
    const place = part<Place>(key).peek();
    if (place === undefined) continue;
    const group = groups.find((g) => g.bench === place.bench && g.kind === place.kind);
    if (group === undefined) groups.push({ bench: place.bench, kind: place.kind, keys: [key] });
    else group.keys.push(key);
  }
  const benches = [...new Set(groups.map((g) => g.bench))];
  return benches.flatMap((bench) => groups.filter((g) => g.bench === bench));
}

function InUse({ keys }: { keys: string[] }) {
  const used = useComputed(() => keys.filter((key) => part<Place>(key).value?.state !== "free").length);
  return <span class="count">{used} of {keys.length} in use</span>;
}

function Slots({ group, first }: { group: Group; first: boolean }) {
  return (
    <section class="slots" aria-label={`${group.bench}, ${kindWord(group.kind)}`}>
      {first && <h2 class="bench-name">{group.bench}</h2>}
      <h3>
        {kindWord(group.kind)} <InUse key={group.keys.length} keys={group.keys} />
      </h3>
      <ul>
        {group.keys.map((key) => (
          <li key={key}><SlotCard name={key} /></li>
        ))}
      </ul>
    </section>
  );
}

export function BenchView() {
  const groups = groupsOf(placeKeys.value);
  return (
    <div class="bench-view">
      <NextForYou />
      <div class="grid">
        {groups.map((group, i) => (
          <Slots key={`${group.bench}/${group.kind}`} group={group} first={groups[i - 1]?.bench !== group.bench} />
        ))}
      </div>
    </div>
  );
}
