/** Time and chance that tests decide. */
import type { Timers } from './timers';

/** Small seeded generator (mulberry32), so that a failing schedule can be run again. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Virtual monotonic time; nothing moves but by `advance`. */
export class VirtualTime implements Timers {
  private at = 1_000;
  private next = 1;
  private readonly planned = new Map<number, { at: number; fn: () => void }>();
  private readonly busy = new Set<Promise<unknown>>();

  now = (): number => this.at;

  set = (fn: () => void, ms: number): number => {
    const id = this.next++;
    this.planned.set(id, { at: this.at + Math.max(0, ms), fn });
    return id;
  };

  clear = (id: number): void => {
    this.planned.delete(id);
  };

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.set(resolve, ms));
  }

  /** Time does not move before this promise has ended, e.g. a write to a real database. */
  track<T>(promise: Promise<T>): Promise<T> {
    this.busy.add(promise);
    const forget = () => this.busy.delete(promise);
    promise.then(forget, forget);
    return promise;
  }

  /** Lets everything that is ready happen, without moving time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      if (this.busy.size > 0) await Promise.allSettled(this.busy);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      quiet = this.busy.size > 0 ? 0 : quiet + 1;
    }
  }

  /** Moves time, running what falls due in order. */
  async advance(ms: number): Promise<void> {
    const end = this.at + ms;
    await this.settle();
    for (;;) {
      const due = [...this.planned]
        .filter(([, plan]) => plan.at <= end)
        .toSorted((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!due) break;
      this.at = Math.max(this.at, due[1].at);
      this.planned.delete(due[0]);
      due[1].fn();
      await this.settle();
    }
    this.at = end;
  }

  /** The clock runs on without timers firing: a frozen page. */
  freeze(ms: number): void {
    this.at += ms;
  }
}
