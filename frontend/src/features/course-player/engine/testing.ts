/** A simulated video, server and clock for the player's tests. */
import { NetworkError, ProblemError } from '@/lib/problem';
import type { VirtualTime } from '@/lib/virtual-time';
import type { CheckAnswered, CheckAsked, PlayOpened, PlayReport, Range, ReportAck } from '../model';

import { subtract, total, union } from './ranges';
import type { PresenceTransport } from './presence';
import type { ReportTransport } from './transport';

/** A video element whose position follows virtual time while it plays; fires the element's events. */
export class FakeVideo extends EventTarget {
  paused = true;
  ended = false;
  seeking = false;
  readyState = 4;
  /** What was truly played, for comparison. */
  readonly truth: Range[] = [];
  private position = 0;
  private speed = 1;

  constructor(
    readonly time: VirtualTime,
    readonly durationMs: number,
  ) {
    super();
  }

  get currentTime(): number {
    return this.position / 1_000;
  }

  set currentTime(seconds: number) {
    this.position = Math.min(this.durationMs, Math.max(0, seconds * 1_000));
    this.ended = false;
    this.seeking = true;
    this.fire('seeking');
    this.seeking = false;
    this.fire('timeupdate');
    this.fire('seeked');
  }

  get playbackRate(): number {
    return this.speed;
  }

  set playbackRate(rate: number) {
    this.speed = rate;
    this.fire('ratechange');
  }

  play(): void {
    if (!this.paused) return;
    this.paused = false;
    this.fire('playing');
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.fire('timeupdate');
    this.fire('pause');
  }

  stall(stalled: boolean): void {
    this.readyState = stalled ? 2 : 4;
    this.fire(stalled ? 'waiting' : 'playing');
  }

  /** Lets time pass in ticks of 250 ms, as browsers fire timeupdate. */
  async run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      const tick = Math.min(250, left);
      await this.time.advance(tick);
      if (this.paused || this.readyState < 3 || this.ended) continue;
      const from = this.position;
      this.position = Math.min(this.durationMs, this.position + tick * this.speed);
      this.truth.push([from, this.position]);
      this.fire('timeupdate');
      if (this.position >= this.durationMs) {
        this.ended = true;
        this.paused = true;
        this.fire('pause');
        this.fire('ended');
      }
    }
  }

  private fire(name: string): void {
    this.dispatchEvent(new Event(name));
  }
}

/** The server's side: takes cumulative reports in any order, any number of times. */
export class FakeLearning {
  coverage: Range[] = [];
  completedAt: string | null = null;
  superseded = false;
  unknown = false;
  online = true;
  reports = 0;
  readonly seen: PlayReport[] = [];
  refuse: Range[] = [];
  refusal = 'learning.other_device';
  fault: () => 'request' | 'ack' | 'server' | undefined = () => undefined;

  constructor(
    readonly time: VirtualTime,
    readonly durationMs = 600_000,
    readonly threshold = 90,
  ) {}

  opened(change: Partial<PlayOpened> = {}): PlayOpened {
    return {
      id: 'play-1',
      lesson: {
        id: 'lesson-1',
        title: '党章总纲导读（二）',
        course_id: 'course-1',
        course_title: '党章专题',
        hours_centi: 100,
      },
      server_now: '2026-11-23T06:00:00Z',
      resume_ms: 0,
      max_rate: 2,
      report_every_s: 15,
      threshold_percent: this.threshold,
      needed_ms: (this.durationMs * this.threshold) / 100,
      allow_skip: true,
      media: { version: 1, duration_ms: this.durationMs, master_url: '/x.m3u8' },
      coverage: this.coverage,
      credited_ms: total(this.coverage),
      completed_at: this.completedAt,
      not_counted: [],
      ...change,
    };
  }

  transport(): ReportTransport {
    return { report: (_id, body) => this.report(structuredClone(body)) };
  }

  private async report(body: PlayReport): Promise<ReportAck> {
    const fault = this.fault();
    await this.time.wait(30);
    if (!this.online || fault === 'request') throw new NetworkError('unreachable');
    if (fault === 'server') throw new ProblemError({ status: 503, reason: 'server.unavailable' });
    if (this.unknown) throw new ProblemError({ status: 409, reason: 'learning.play_closed' });
    this.reports += 1;
    this.seen.push(body);
    if (!this.superseded) {
      const spans = body.spans.map((span): Range => [span.from_ms, span.to_ms]);
      this.coverage = union([...this.coverage, ...subtract(spans, this.refuse)]);
      if (total(this.coverage) >= (this.durationMs * this.threshold) / 100)
        this.completedAt ??= '2026-11-23T07:00:00Z';
    }
    const ack: ReportAck = {
      server_now: '2026-11-23T06:10:00Z',
      coverage: this.coverage,
      credited_ms: total(this.coverage),
      completed_at: this.completedAt,
      superseded: this.superseded,
      refused: this.refuse.map(([from_ms, to_ms]) => ({
        from_ms,
        to_ms,
        reason: this.refusal,
      })),
    };
    await this.time.wait(30);
    if (!this.online || fault === 'ack') throw new NetworkError('unreachable');
    return structuredClone(ack);
  }
}

/** The server's checks: one every `everyMs` of playing, the right answer is `yes`. */
export class FakeChecks {
  passed = 0;
  missed = false;
  online = true;
  early = false;
  asked = 0;
  readonly answers: string[] = [];

  constructor(
    readonly time: VirtualTime,
    readonly everyMs: number,
    readonly answerMs = 60_000,
  ) {}

  transport(): PresenceTransport {
    return { ask: () => this.ask(), answer: (_id, seq, option) => this.answer(seq, option) };
  }

  private async ask(): Promise<CheckAsked> {
    await this.time.wait(30);
    if (!this.online) throw new NetworkError('unreachable');
    if (this.early) throw new ProblemError({ status: 409, reason: 'learning.check_not_due' });
    if (this.missed) throw new ProblemError({ status: 409, reason: 'learning.check_missed' });
    this.asked += 1;
    const now = Date.parse('2026-11-23T06:00:00Z');
    return {
      seq: this.passed + 1,
      kind: 'confirm',
      a: 0,
      b: 0,
      options: [{ id: 'yes', text: '' }],
      server_now: new Date(now).toISOString(),
      answer_by: new Date(now + this.answerMs).toISOString(),
    };
  }

  private async answer(seq: number, option: string): Promise<CheckAnswered> {
    await this.time.wait(30);
    if (!this.online) throw new NetworkError('unreachable');
    this.answers.push(option);
    if (seq === this.passed + 1 && option === 'yes') this.passed = seq;
    else if (seq > this.passed) this.missed = true;
    return { passed: seq <= this.passed, late: false, due_ms: this.everyMs * (this.passed + 1) };
  }
}

/** A storage in memory. */
export function memoryStorage(): Pick<Storage, 'getItem' | 'setItem'> {
  const held = new Map<string, string>();
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) };
}
