// What every circuit carries, against its limits; who measures it; what facilities must see to.
import { useComputed } from "@preact/signals";
import { circuitKeys, circuits, jobs, pduKeys, places, protectedOutlets } from "../room";
import { openSlot, chartedCircuit } from "../selection";
import type { Job } from "../model/types";
import { treeOf } from "../model/circuit_tree";
import { actionOf, groupsOfJobs, jobsWord } from "../model/jobs";
import { waitGroups } from "../model/wait_groups";
import { counted } from "../model/words";
import { Action } from "./action";
import { Chart } from "./chart";
import { CircuitRow } from "./circuit";
import { Pdus } from "./pdus";
import { Sign } from "./sign";

const most = 4; // things of a kind that are shown at once

function Circuits() {
  // The tree changes with the room file only: a reading renders its own row.
  const tree = useComputed(() => (void circuitKeys.value, treeOf(circuits.peek())));
  return (
    <section class="circuits" aria-labelledby="circuits-title">
      <h2 id="circuits-title">Circuits</h2>
      <div class="gauge-key" aria-hidden="true">
        <span><i class="key-measured" />measured</span>
        <span><i class="key-expected" />expected</span>
        <span><i class="key-granted" />granted</span>
        <span><i class="key-unknown" />unknown</span>
        <span><i class="key-continuous" />continuous limit</span>
        <span><i class="key-hard" />hard limit</span>
      </div>
      <ul class="tree">
        {tree.value.map((node) => <CircuitRow key={node.name} node={node} />)}
      </ul>
    </section>
  );
}

function JobItem({ job }: { job: Job }) {
  const action = actionOf(job);
  return (
    <li>
      <Sign shape="hands" tone="amber" />
      <span class="job-words">{job.words}</span>
      {action !== null && (
        <Action
          label={action.label}
          about={job.about}
          ask={() => ({ title: action.label, explain: action.explain, button: action.label, command: () => action.command })}
        />
      )}
    </li>
  );
}

// A new room has a map to prove for each outlet: so many of a kind are one line until they are looked at.
function JobGroup({ group }: { group: Job[] }) {
  const items = group.map((job) => <JobItem key={`${job.kind}/${job.about}`} job={job} />);
  if (group.length <= most) return <ul class="jobs">{items}</ul>;
  return (
    <details class="job-group">
      <summary><Sign shape="hands" tone="amber" />{jobsWord(group[0]?.kind ?? "", group.length)}</summary>
      <ul class="jobs">{items}</ul>
    </details>
  );
}

function Jobs() {
  return (
    <section class="panel" aria-labelledby="jobs-title">
      <h2 id="jobs-title">For facilities <span class="count">{counted(jobs.value.length, "thing")}</span></h2>
      {jobs.value.length === 0 ? <p class="hint">Nothing to see to.</p> : groupsOfJobs(jobs.value).map((group) => <JobGroup key={group[0]?.kind} group={group} />)}
    </section>
  );
}

function Waiting() {
  const groups = waitGroups(places.value);
  const count = groups.reduce((sum, g) => sum + g.slots.length, 0);
  return (
    <section class="panel" aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting for power <span class="count">{counted(count, "outlet")}</span></h2>
      {count === 0 ? (
        <p class="hint">No outlet waits.</p>
      ) : (
        <ul class="waiting">
          {groups.map((g) => (
            <li key={g.why}>
              <strong>{g.why}</strong>
              <p>{g.slots.map((slot) => <button key={slot} type="button" class="link" onClick={() => openSlot(slot)}>{slot}</button>)}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Protected() {
  const all = protectedOutlets.value;
  if (all.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="protected-title">
      <h2 id="protected-title">Protected <span class="count">{counted(all.length, "outlet")} that must not open</span></h2>
      <ul class="protected">
        {all.map((p) => <li key={p.outlet}><Sign shape="lock" tone="plain" /><span class="outlet-name">{p.outlet}</span><span>{p.serial ?? "serial unknown"}</span></li>)}
      </ul>
    </section>
  );
}

export function PowerView() {
  const charted = chartedCircuit.value;
  return (
    <div class="power-view">
      <Circuits />
      <div class="power-side">
        {charted !== null && <Chart circuit={charted} />}
        <Jobs />
        {pduKeys.value.length > 0 && <Pdus />}
        <Protected />
        <Waiting />
      </div>
    </div>
  );
}
