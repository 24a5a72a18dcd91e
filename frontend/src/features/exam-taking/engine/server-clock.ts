import type { Timers } from '@/lib/timers';

/**
 * The server's clock as seen from here: an offset to the monotonic clock,
 * measured at the midpoint of requests. The wall clock of the device plays no
 * part, so setting it changes nothing.
 *
 * A sample says that the offset lies within half a round trip of its midpoint.
 * While two samples can both be true the narrower one is kept; when they
 * cannot, the monotonic clock stood still (a laptop slept) and the newer wins.
 */
export class ServerClock {
  private offset = 0;
  private uncertainty = Number.POSITIVE_INFINITY;

  constructor(private readonly timers: Pick<Timers, 'now'>) {}

  /** True once at least one answer of the server was seen. */
  get known(): boolean {
    return this.uncertainty !== Number.POSITIVE_INFINITY;
  }

  /**
   * Takes one answer of the server.
   *
   * @param sentAt monotonic ms when the request left
   * @param receivedAt monotonic ms when the answer was here
   * @param serverNow the server's time in the answer, RFC 3339
   */
  sample(sentAt: number, receivedAt: number, serverNow: string): void {
    const at = Date.parse(serverNow);
    if (Number.isNaN(at)) return;
    const uncertainty = Math.max(0, receivedAt - sentAt) / 2;
    const offset = at - (sentAt + receivedAt) / 2;
    const disjoint = Math.abs(offset - this.offset) > uncertainty + this.uncertainty;
    if (!this.known || disjoint || uncertainty <= this.uncertainty) {
      this.offset = offset;
      this.uncertainty = uncertainty;
    }
  }

  /** The server's time now, in ms since the epoch. */
  now(): number {
    return this.timers.now() + this.offset;
  }

  /** Milliseconds until a time of the server; negative when it has passed. */
  until(at: number): number {
    return at - this.now();
  }
}

/**
 * Notices that the device slept or that its clock was set: the wall and the
 * monotonic clock then moved by different amounts. It only asks for a fresh
 * sample; neither clock is read as the time.
 */
export class FreezeWatch {
  private mono: number;
  private wall: number;

  constructor(
    private readonly monoNow: () => number,
    private readonly wallNow: () => number,
    private readonly toleranceMs = 2_000,
  ) {
    this.mono = monoNow();
    this.wall = wallNow();
  }

  /** True when the clocks have parted since the last call. */
  parted(): boolean {
    const mono = this.monoNow();
    const wall = this.wallNow();
    const apart = Math.abs(wall - this.wall - (mono - this.mono)) > this.toleranceMs;
    this.mono = mono;
    this.wall = wall;
    return apart;
  }
}
