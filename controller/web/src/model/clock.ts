// The room's time between two frames: it runs on at `speed` times real time from the `wall` of the last frame.

export interface Anchor {
  wall: number; // ms since 1970, room time
  at: number; // ms, when it was so, by a clock that never jumps
  speed: number;
}

export function anchorOf(wall: string, speed: number, at: number): Anchor | null {
  const ms = Date.parse(wall);
  return Number.isNaN(ms) ? null : { wall: ms, at, speed: Number.isFinite(speed) && speed > 0 ? speed : 1 };
}

export function roomTime(anchor: Anchor, at: number): number {
  return anchor.wall + (at - anchor.at) * anchor.speed;
}

// "12 s", "4 min", "2 h 05 min", "3 d 4 h": as coarse as a person reads it across a bench.
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return `${h} h ${two(min % 60)} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

// How long ago; nothing where it is not known.
export function ageOf(since: string | null, now: number): string | null {
  const ms = since === null ? Number.NaN : Date.parse(since);
  return Number.isNaN(ms) ? null : span(now - ms);
}

export function leftUntil(deadline: string | null, now: number): { words: string; over: boolean } | null {
  const ms = deadline === null ? Number.NaN : Date.parse(deadline);
  if (Number.isNaN(ms)) return null;
  return ms >= now ? { words: `${span(ms - now)} left`, over: false } : { words: `${span(now - ms)} over`, over: true };
}

// Written out rather than left to Intl, whose formatters take longer to make than the whole first view.
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n: number) => String(n).padStart(2, "0");

export function timeOfDay(ms: number, seconds = false): string {
  const t = new Date(ms);
  return `${two(t.getHours())}:${two(t.getMinutes())}${seconds ? `:${two(t.getSeconds())}` : ""}`;
}

// The day too, where it is another one.
export function dayAndTime(ms: number, now: number): string {
  const t = new Date(ms);
  if (t.toDateString() === new Date(now).toDateString()) return timeOfDay(ms);
  return `${days[t.getDay()]} ${t.getDate()} ${months[t.getMonth()]} ${timeOfDay(ms)}`;
}
