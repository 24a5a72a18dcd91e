/** Timers on a monotonic clock in milliseconds; never the wall clock, which people and networks set. */
export interface Timers {
  now(): number;
  set(fn: () => void, ms: number): number;
  clear(id: number): void;
}

/** The browser's own timers over `performance.now()`. */
export const browserTimers: Timers = {
  now: () => performance.now(),
  set: (fn, ms) => window.setTimeout(fn, ms),
  clear: (id) => window.clearTimeout(id),
};

const LONGEST_DELAY_MS = 10_000;

/** Delay after the n-th failure in a row: doubling from `firstMs`, with jitter, never over 10 s. */
export function backoffMs(failures: number, random: () => number, firstMs = 500): number {
  const full = Math.min(LONGEST_DELAY_MS, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(full * (0.5 + 0.5 * random()));
}
