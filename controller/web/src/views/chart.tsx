// What one circuit carried since the page was opened. A time when nothing was known is a gap in its line.
import { useEffect, useRef } from "preact/hooks";
import { effect } from "@preact/signals";
import uPlot from "uplot";
import { history, now, part } from "../room";
import type { Circuit } from "../model/types";
import { timeOfDay } from "../model/clock";
import { amps } from "../model/words";

const height = 240;

// Lines differ by their dashes too, not by colour alone.
const lines = [
  { label: "measured", color: "--line-measured", width: 2.5 },
  { label: "expected", color: "--line-expected", width: 1.5, dash: [2, 3] },
  { label: "granted", color: "--line-granted", width: 1.5, dash: [8, 4] },
  { label: "continuous limit", color: "--line-limit", width: 1, dash: [12, 4, 2, 4] },
  { label: "hard limit", color: "--line-limit", width: 1.5 },
] as const;

function dataOf(name: string): uPlot.AlignedData {
  const times = history.times;
  const track = history.track(name);
  const c = part<Circuit>(`circuits/${name}`).peek();
  const level = (value: number | undefined) => times.map(() => value ?? null);
  if (track === undefined) return [times, ...lines.map(() => level(undefined))];
  return [times, track.measured, track.expected, track.granted, level(c?.continuous_limit_A), level(c?.hard_limit_A)];
}

// Ticks within one minute need their seconds.
const tight = (ticks: number[]) => (ticks[1] ?? 0) - (ticks[0] ?? 0) < 60;

function optionsFor(host: HTMLElement, name: string): uPlot.Options {
  const limit = part<Circuit>(`circuits/${name}`).peek()?.hard_limit_A ?? 0;
  const style = getComputedStyle(host);
  const of = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: of("--soft"), grid: { stroke: of("--edge"), width: 1 }, ticks: { show: false }, font: `12px ${style.fontFamily}` };
  return {
    width: host.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, 1.1 * Math.max(1, max, limit)] } },
    axes: [{ ...axis, space: 90, size: 30, values: (_, ticks) => ticks.map((t) => timeOfDay(t * 1000, tight(ticks))) }, { ...axis, size: 48, values: (_, ticks) => ticks.map((t) => `${t} A`) }],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: of(line.color),
        width: line.width,
        ...("dash" in line ? { dash: [...line.dash] } : {}),
        points: { show: false },
      })),
    ],
  };
}

// The colours come from the style sheet: when the scheme changes, the chart is made anew.
function drawIn(host: HTMLElement, name: string): () => void {
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  let plot = new uPlot(optionsFor(host, name), dataOf(name), host);
  const anew = () => {
    plot.destroy();
    plot = new uPlot(optionsFor(host, name), dataOf(name), host);
  };
  const sized = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height }));
  sized.observe(host);
  scheme.addEventListener("change", anew);
  const stop = effect(() => {
    void now.value;
    plot.setData(dataOf(name));
  });
  return () => {
    stop();
    scheme.removeEventListener("change", anew);
    sized.disconnect();
    plot.destroy();
  };
}

export function Chart({ circuit }: { circuit: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => (host.current === null ? undefined : drawIn(host.current, circuit)), [circuit]);
  const c = part<Circuit>(`circuits/${circuit}`).value;
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <h2 id="chart-title">{circuit} <span class="count">since this page was opened</span></h2>
      <div ref={host} class="plot" role="img" aria-label={`Chart of ${circuit}: measured ${amps(c?.reading_A ?? null)} now`} />
      <ul class="chart-key" aria-hidden="true">
        {lines.map((line) => (
          <li key={line.label}>
            <svg viewBox="0 0 28 8" width="28" height="8">
              <path d="M0 4h28" class={`line ${line.color.slice(2)}`} stroke-width={line.width} stroke-dasharray={"dash" in line ? line.dash.join(" ") : undefined} />
            </svg>
            {line.label}
          </li>
        ))}
      </ul>
    </section>
  );
}
