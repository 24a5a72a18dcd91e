import { isProblem } from '@/lib/problem';
import { sorted } from '@/lib/sorted';
import { backoffMs, type Timers } from '@/lib/timers';
import type { NotCounted, PlayOpened, Range, ReportAck, Span } from '../model';
import { reach, subtract, union } from './ranges';
import type { Shelf } from './shelf';
import { SpanTracker } from './span-tracker';
import type { ReportTransport } from './transport';
import { isFinal } from './verdict';

/**
 * - `open` this play counts;
 * - `superseded` the same person opened a lesson elsewhere, that one counts now;
 * - `lost` the server no longer knows this play (closed, or the medium was replaced): open another.
 */
export type PlayPhase = 'open' | 'superseded' | 'lost';

export interface PlaySnapshot {
  phase: PlayPhase;
  connection: 'ok' | 'retrying' | 'signed_out';
  /** What the server has counted. */
  coverage: Range[];
  /** Played here and not yet answered by the server. */
  pending: Range[];
  credited_ms: number;
  completed_at: string | undefined;
  /** True when the threshold was passed during this play. */
  completed_now: boolean;
  not_counted: NotCounted[];
  /** End of what was watched from the beginning without a gap, in ms: the furthest place when skipping is off. */
  reach_ms: number;
  /** Why the server closed the play, a reason key. */
  reason: string | undefined;
}

export interface PlayPorts {
  timers: Timers;
  transport: ReportTransport;
  shelf: Shelf;
  random(): number;
}

const SHELVE_EVERY_MS = 5_000;
/** A gap shorter than this is no skip; the server holds it alike. */
export const SKIP_SLACK_MS = 1_000;
/** The server reads no more spans of one report. */
const SPANS_MAX = 500;
/** A play of a replaced video, or of a page open for more than a day, takes nothing more. */
const OLD_VERSION = 'learning.old_version';
const EXPIRED = 'learning.play_expired';

/**
 * One opening of a lesson: follows the video, reports all spans since the
 * start each time, and heals by itself. A lost, repeated or late report does
 * no harm, since the next one carries everything again.
 */
export class Play {
  private readonly tracker = new SpanTracker();
  private snapshot: PlaySnapshot;
  private readonly listeners = new Set<() => void>();
  private seq = 0;
  private positionMs: number;
  private changed = 0;
  private acked = 0;
  private inFlight = false;
  private failures = 0;
  private timer: number | undefined;
  private shelvedAt = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor(
    readonly opened: PlayOpened,
    private readonly ports: PlayPorts,
  ) {
    this.positionMs = opened.resume_ms;
    const coverage = union(opened.coverage ?? []);
    this.snapshot = {
      phase: 'open',
      connection: 'ok',
      coverage,
      pending: [],
      credited_ms: opened.credited_ms,
      completed_at: opened.completed_at ?? undefined,
      completed_now: false,
      not_counted: opened.not_counted ?? [],
      reach_ms: reach(coverage, SKIP_SLACK_MS),
      reason: undefined,
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): PlaySnapshot => this.snapshot;

  get playing(): boolean {
    return this.tracker.playing;
  }

  /** How long was played since the play was opened, by the clock: what the server measures checks in. */
  playedMs(): number {
    return this.tracker.spans().reduce((sum, span) => sum + (span.to_ms - span.from_ms) / span.rate, 0);
  }

  /** The video plays at this position and speed. */
  progress(positionMs: number, rate: number): void {
    if (this.snapshot.phase !== 'open') return;
    const begins = !this.tracker.playing;
    this.tracker.progress(positionMs, rate, this.ports.timers.now());
    this.noteChange(positionMs);
    if (begins || this.timer === undefined) this.plan(this.opened.report_every_s * 1_000);
    this.shelve(false);
  }

  /** The video stopped here; reports at once. */
  stop(positionMs: number): void {
    if (!this.tracker.playing) return;
    this.tracker.stop(positionMs, this.ports.timers.now());
    this.noteChange(positionMs);
    this.flush();
  }

  /** A seek began; the part jumped over is not claimed. */
  seek(): void {
    this.tracker.cut();
  }

  /** Reports now what is not yet acknowledged, e.g. when the network is back. */
  flush(): void {
    this.shelve(true);
    if (this.changed > this.acked) this.plan(0);
  }

  /** The page is hidden or goes away: one request that outlives it; a copy stays on the shelf. */
  leave(): void {
    if (this.snapshot.phase !== 'open' || this.changed === this.acked) return;
    this.shelve(true);
    const version = this.changed;
    void this.ports.transport.report(this.opened.id, this.body(), true).then(
      () => {
        if (this.changed === version) this.ports.shelf.drop(this.opened.id);
      },
      () => {},
    );
  }

  /** Stops timers; what is unacknowledged stays on the shelf. */
  close(): void {
    this.leave();
    this.closed = true;
    this.unplan();
  }

  private noteChange(positionMs: number): void {
    this.positionMs = positionMs;
    this.changed += 1;
    this.refresh({});
  }

  private refresh(change: Partial<PlaySnapshot>): void {
    const next = { ...this.snapshot, ...change };
    const played = this.played().map((span): Range => [span.from_ms, span.to_ms]);
    next.not_counted = withoutCounted(next.not_counted, next.coverage);
    const answered: Range[] = next.not_counted.map((part) => [part.from_ms, part.to_ms]);
    next.pending = next.phase === 'open' ? subtract(played, [...next.coverage, ...answered]) : [];
    next.reach_ms = reach([...next.coverage, ...played], SKIP_SLACK_MS);
    this.snapshot = next;
    for (const listener of this.listeners) listener();
  }

  private body() {
    this.seq += 1;
    return { seq: this.seq, position_ms: this.position(), spans: this.spans() };
  }

  private position(): number {
    return Math.max(0, Math.round(this.positionMs));
  }

  /** What was played, inside the medium: players run a little past its end. */
  private played(): Span[] {
    const end = this.opened.media.duration_ms;
    return this.tracker
      .spans()
      .map((span) => (span.to_ms > end ? { ...span, to_ms: end } : span))
      .filter((span) => span.to_ms > span.from_ms);
  }

  /** All spans; of very many, those that are counted already are left out first. */
  private spans(): Span[] {
    const all = this.played();
    if (all.length <= SPANS_MAX) return all;
    const open = all.filter(
      (span) => subtract([[span.from_ms, span.to_ms]], this.snapshot.coverage).length > 0,
    );
    return open.slice(-SPANS_MAX);
  }

  private shelve(now: boolean): void {
    const at = this.ports.timers.now();
    if (this.changed === this.acked || (!now && at - this.shelvedAt < SHELVE_EVERY_MS)) return;
    this.shelvedAt = at;
    this.ports.shelf.keep({
      play_id: this.opened.id,
      lesson_id: this.opened.lesson.id,
      seq: this.seq + 1,
      position_ms: this.position(),
      spans: this.spans(),
    });
  }

  private unplan(): void {
    if (this.timer !== undefined) this.ports.timers.clear(this.timer);
    this.timer = undefined;
  }

  private plan(ms: number): void {
    if (this.closed || this.inFlight || this.snapshot.phase !== 'open') return;
    if (this.timer !== undefined && ms > 0) return;
    this.unplan();
    this.timer = this.ports.timers.set(() => {
      this.timer = undefined;
      void this.report();
    }, ms);
  }

  private async report(): Promise<void> {
    if (this.closed || this.inFlight || this.changed === this.acked) return;
    this.inFlight = true;
    const version = this.changed;
    const stopped = !this.tracker.playing;
    try {
      const ack = await this.ports.transport.report(this.opened.id, this.body(), false);
      this.inFlight = false;
      this.take(ack, version, stopped);
    } catch (error) {
      this.inFlight = false;
      this.fail(error);
    }
  }

  private take(ack: ReportAck, version: number, stopped: boolean): void {
    this.failures = 0;
    this.acked = Math.max(this.acked, version);
    if (this.changed === this.acked) this.ports.shelf.drop(this.opened.id);
    const completed = ack.completed_at ?? undefined;
    this.refresh({
      connection: 'ok',
      coverage: union(ack.coverage ?? []),
      credited_ms: ack.credited_ms,
      completed_at: completed,
      completed_now: this.snapshot.completed_now || (completed !== undefined && !this.snapshot.completed_at),
      not_counted: addNotCounted(this.snapshot.not_counted, ack.refused ?? []),
    });
    const over = (ack.refused ?? []).find((part) => part.reason === OLD_VERSION || part.reason === EXPIRED);
    if (ack.superseded) return this.finish('superseded');
    if (over) return this.finish('lost', over.reason);
    // What was played while the report was under way goes with the next one.
    if (this.changed > this.acked)
      this.plan(stopped || !this.tracker.playing ? 0 : this.opened.report_every_s * 1_000);
  }

  private fail(error: unknown): void {
    const reason = isProblem(error) ? error.reason : '';
    if (reason.endsWith('superseded')) {
      return this.finish('superseded', reason);
    }
    if (isFinal(error)) {
      return this.finish('lost', reason);
    }
    this.failures += 1;
    this.refresh({ connection: isProblem(error) && error.status === 401 ? 'signed_out' : 'retrying' });
    this.plan(backoffMs(this.failures, this.ports.random, 1_000));
  }

  /** This play is over for the server; nothing of it can be added any more. */
  private finish(phase: 'superseded' | 'lost', reason?: string): void {
    this.refresh({ phase, reason });
    this.tracker.cut();
    this.unplan();
    this.ports.shelf.drop(this.opened.id);
  }
}

/** A part once refused and since watched again is no longer worth a word. */
function withoutCounted(parts: readonly NotCounted[], coverage: readonly Range[]): NotCounted[] {
  return parts.flatMap((part) =>
    subtract([[part.from_ms, part.to_ms]], coverage).map(([from_ms, to_ms]) => ({ ...part, from_ms, to_ms })),
  );
}

/** Joins refusals of several answers; the same part and reason is listed once. */
export function addNotCounted(held: readonly NotCounted[], fresh: readonly NotCounted[]): NotCounted[] {
  const byReason = new Map<string, NotCounted[]>();
  for (const part of [...held, ...fresh])
    byReason.set(part.reason, [...(byReason.get(part.reason) ?? []), part]);
  const joined: NotCounted[] = [];
  for (const [reason, parts] of byReason) {
    for (const [from_ms, to_ms] of union(parts.map((p): Range => [p.from_ms, p.to_ms]))) {
      const at = parts.filter((p) => p.from_ms >= from_ms && p.to_ms <= to_ms).at(-1)?.at;
      const { messages } = parts.at(-1) ?? {};
      joined.push({ from_ms, to_ms, reason, ...(messages ? { messages } : {}), ...(at ? { at } : {}) });
    }
  }
  return sorted(joined, (a, b) => a.from_ms - b.from_ms);
}
