// The bar of a circuit, as shares of its length: what is measured and what is granted against both limits. The scale has
// room beyond the hard limit, so that an excess is seen as one.
import type { Circuit } from "./types";

export interface Gauge {
  measured: number | null;
  granted: number | null;
  expected: number | null;
  continuous: number;
  hard: number;
}

const roomBeyond = 1.1;

export function gaugeOf(c: Circuit): Gauge {
  const full = Math.max(c.hard_limit_A, c.continuous_limit_A, 0.001) * roomBeyond;
  const share = (value: number | null) => (value === null ? null : Math.max(0, Math.min(1, value / full)));
  return {
    measured: share(c.reading_A),
    granted: share(c.hard_sum_A),
    expected: share(c.soft_sum_A),
    continuous: c.continuous_limit_A / full,
    hard: c.hard_limit_A / full,
  };
}

// Why there is no measured number.
export function whyUnmeasured(c: Circuit): string | null {
  if (c.reading_A !== null) return null;
  return c.meter === null ? "no meter of its own" : `meter ${c.meter} is not read`;
}
