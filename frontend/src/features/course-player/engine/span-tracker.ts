import type { Span } from '../model';

/** How far the position may run ahead of wall time × rate before it is a jump. */
const JUMP_SLACK_MS = 750;
/** A pause resumed this near to its end goes on in the same span. */
const JOIN_MS = 250;

interface OpenSpan extends Span {
  /** Monotonic ms of the last sign of playing. */
  seen: number;
}

/**
 * What was really played, from what the video element tells: spans of the
 * medium with the speed they were played at, since the play was opened.
 *
 * It never claims a part that was jumped over: a position that moved further
 * than the time that passed ends the span and begins another. Times come from
 * the monotonic clock.
 */
export class SpanTracker {
  private readonly closed: Span[] = [];
  private open: OpenSpan | undefined;

  get playing(): boolean {
    return this.open !== undefined;
  }

  /** The element plays at this position (playing, timeupdate, after a seek). */
  progress(positionMs: number, rate: number, now: number): void {
    const open = this.open;
    if (open && open.rate === rate && this.follows(open, positionMs, now)) {
      open.to_ms = Math.max(open.to_ms, positionMs);
      open.seen = now;
      return;
    }
    if (open && this.follows(open, positionMs, now)) open.to_ms = Math.max(open.to_ms, positionMs);
    this.cut();
    this.begin(positionMs, rate, now);
  }

  /** It stopped here (pause, ended, page hidden with the video paused). */
  stop(positionMs: number, now: number): void {
    if (this.open && this.follows(this.open, positionMs, now)) {
      this.open.to_ms = Math.max(this.open.to_ms, positionMs);
    }
    this.cut();
  }

  /** A seek began: what was played ends at the last known position. */
  cut(): void {
    if (this.open && this.open.to_ms > this.open.from_ms) {
      const { from_ms, to_ms, rate } = this.open;
      this.closed.push({ from_ms, to_ms, rate });
    }
    this.open = undefined;
  }

  /** All spans so far in the order they were played, whole milliseconds. */
  spans(): Span[] {
    const all = [...this.closed];
    if (this.open && this.open.to_ms > this.open.from_ms) {
      const { from_ms, to_ms, rate } = this.open;
      all.push({ from_ms, to_ms, rate });
    }
    return all
      .map((span) => ({ ...span, from_ms: Math.ceil(span.from_ms), to_ms: Math.floor(span.to_ms) }))
      .filter((span) => span.to_ms > span.from_ms);
  }

  private begin(positionMs: number, rate: number, now: number): void {
    const last = this.closed.at(-1);
    if (last && last.rate === rate && positionMs >= last.to_ms && positionMs - last.to_ms <= JOIN_MS) {
      this.closed.pop();
      this.open = { ...last, seen: now };
    } else {
      this.open = { from_ms: positionMs, to_ms: positionMs, rate, seen: now };
    }
  }

  private follows(open: OpenSpan, positionMs: number, now: number): boolean {
    const step = positionMs - open.to_ms;
    return step >= -JOIN_MS && step <= (now - open.seen) * open.rate + JUMP_SLACK_MS;
  }
}
