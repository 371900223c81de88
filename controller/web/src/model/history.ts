// What each circuit carried since the page was opened: one sample a second, kept for half an hour. All circuits share the
// times, so that a chart of any of them can be drawn at once.
import type { Circuit } from "./types";

const most = 1800;

export interface Track {
  measured: (number | null)[];
  expected: (number | null)[];
  granted: (number | null)[];
}

export class History {
  readonly times: number[] = []; // seconds since 1970, room time
  private tracks = new Map<string, Track>();

  track(circuit: string): Track | undefined {
    return this.tracks.get(circuit);
  }

  // A sample without circuits is a gap: nothing was known then.
  add(ms: number, circuits: readonly Circuit[]): void {
    const time = ms / 1000;
    const last = this.times.at(-1);
    if (last !== undefined && time <= last) return; // the room's clock was set back, or stands still
    this.times.push(time);
    for (const c of circuits) if (!this.tracks.has(c.circuit)) this.tracks.set(c.circuit, this.blank());
    const now = new Map(circuits.map((c) => [c.circuit, c]));
    for (const [name, track] of this.tracks) {
      const c = now.get(name);
      track.measured.push(c?.reading_A ?? null);
      track.expected.push(c?.soft_sum_A ?? null);
      track.granted.push(c?.hard_sum_A ?? null);
    }
    if (this.times.length > most) this.dropOldest();
  }

  forget(): void {
    this.times.length = 0;
    this.tracks.clear();
  }

  // A circuit that shows up later was unknown before.
  private blank(): Track {
    const unknown = () => new Array<number | null>(this.times.length - 1).fill(null);
    return { measured: unknown(), expected: unknown(), granted: unknown() };
  }

  private dropOldest(): void {
    this.times.shift();
    for (const track of this.tracks.values()) for (const line of [track.measured, track.expected, track.granted]) line.shift();
  }
}
