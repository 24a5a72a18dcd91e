import { isProblem } from '@/lib/problem';
import { backoffMs, type Timers } from '@/lib/timers';
import type { CheckAnswered, CheckAsked } from '../model';
import type { Play } from './play';
import { isFinal } from './verdict';

/** How checks are asked and answered; failures are thrown as ProblemError or NetworkError. */
export interface PresenceTransport {
  ask(playId: string): Promise<CheckAsked>;
  answer(playId: string, seq: number, option: string): Promise<CheckAnswered>;
}

/**
 * - `idle` nothing is due;
 * - `asking` a check is due, its question is on its way (or the page is hidden: nobody would see it);
 * - `shown` the question waits for an answer; `sending` the answer is on its way;
 * - `missed` nothing more counts in this play.
 */
export type PresencePhase = 'idle' | 'asking' | 'shown' | 'sending' | 'missed';

export interface PresenceSnapshot {
  phase: PresencePhase;
  /** The server does not answer; it is tried again. */
  trouble: boolean;
  check: CheckAsked | undefined;
  /** Monotonic ms at which the time to answer ends. */
  ends_at: number;
}

export interface PresencePorts {
  timers: Timers;
  transport: PresenceTransport;
  random(): number;
  /** Somebody can see the page. */
  visible(): boolean;
}

/** Asks the checks of a play when they are due. The server decides; this keeps an honest player within what counts. */
export class Presence {
  private snapshot: PresenceSnapshot = { phase: 'idle', trouble: false, check: undefined, ends_at: 0 };
  private readonly listeners = new Set<() => void>();
  private dueMs: number;
  private timer: number | undefined;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly play: Play,
    private readonly ports: PresencePorts,
  ) {
    this.dueMs = play.opened.presence?.due_ms ?? Number.POSITIVE_INFINITY;
  }

  /** Follows the play; returns how to stop. */
  follow(): () => void {
    this.closed = false;
    const unfollow = this.play.subscribe(() => this.look());
    return () => {
      this.closed = true;
      this.unplan();
      unfollow();
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): PresenceSnapshot => this.snapshot;

  /** Asks without waiting for the video, where the play begins with a check. */
  begin(): void {
    if (this.dueMs === 0 && this.snapshot.phase === 'idle') this.due();
  }

  /** The page can be seen again. */
  wake(): void {
    if (this.snapshot.phase === 'asking' && this.timer === undefined) void this.ask();
  }

  answer(option: string): void {
    if (this.snapshot.phase !== 'shown') return;
    this.unplan();
    this.change({ phase: 'sending' });
    void this.send(option);
  }

  private look(): void {
    const { phase, completed_at } = this.play.getSnapshot();
    if (this.snapshot.phase !== 'idle' || phase !== 'open' || completed_at !== undefined) return;
    if (this.play.playing && this.play.playedMs() >= this.dueMs) this.due();
  }

  private due(): void {
    this.change({ phase: 'asking' });
    if (this.ports.visible()) void this.ask();
  }

  private async ask(): Promise<void> {
    try {
      const check = await this.ports.transport.ask(this.play.opened.id);
      if (this.closed) return;
      this.failures = 0;
      const left = Math.max(0, Date.parse(check.answer_by) - Date.parse(check.server_now));
      this.change({ phase: 'shown', trouble: false, check, ends_at: this.ports.timers.now() + left });
      this.plan(left, () => this.answer(''));
    } catch (error) {
      if (this.closed) return;
      const early = isProblem(error, 'learning.check_not_due');
      if (isFinal(error) && !early) return this.miss();
      this.again(() => void this.ask(), !early);
    }
  }

  private async send(option: string): Promise<void> {
    const { check } = this.snapshot;
    if (!check) return;
    try {
      const done = await this.ports.transport.answer(this.play.opened.id, check.seq, option);
      if (this.closed) return;
      this.failures = 0;
      if (!done.passed) return this.miss();
      this.dueMs = done.due_ms;
      this.change({ phase: 'idle', trouble: false, check: undefined });
    } catch (error) {
      if (this.closed) return;
      if (isFinal(error)) return this.miss();
      this.again(() => void this.send(option), true);
    }
  }

  /** The play has ended for what is to come; where it was superseded, the report says so. */
  private miss(): void {
    this.change({ phase: 'missed', trouble: false, check: undefined });
    this.play.flush();
  }

  private again(what: () => void, trouble: boolean): void {
    this.failures += 1;
    this.change({ trouble });
    this.plan(backoffMs(this.failures, this.ports.random, 1_000), what);
  }

  private plan(ms: number, what: () => void): void {
    this.unplan();
    this.timer = this.ports.timers.set(() => {
      this.timer = undefined;
      what();
    }, ms);
  }

  private unplan(): void {
    if (this.timer !== undefined) this.ports.timers.clear(this.timer);
    this.timer = undefined;
  }

  private change(change: Partial<PresenceSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}
