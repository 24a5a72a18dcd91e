import type { ProblemError } from '@/lib/problem';
import { sorted } from '@/lib/sorted';
import { backoffMs, type Timers } from '@/lib/timers';
import type { SaveAck } from '../model';
import type { Operation, OperationState } from './journal';
import { verdictOf } from './verdict';

const COALESCE_MS = 400;
const BATCH_MAX = 200;

export type Connection = 'ok' | 'retrying' | 'signed_out';

export interface SenderEvents {
  /** An acknowledgement came; `sent` and `received` are monotonic ms. */
  acked(ack: SaveAck, sent: number, received: number): void;
  settled(ids: string[], state: OperationState, ack: SaveAck): void;
  connection(state: Connection, retryAt: number | undefined): void;
  /** The server will never take this operation; it stays in the journal. */
  refused(op: Operation, error: ProblemError): void;
  takenOver(error: ProblemError): void;
  closed(error: ProblemError): void;
}

export interface SenderPorts {
  timers: Timers;
  random(): number;
  post(batch: Operation[]): Promise<SaveAck>;
}

/**
 * Brings operations to the server by plain HTTP: one request in flight, up to
 * 200 operations each, tried again with the same ids until the server names
 * them in an acknowledgement. It forgets an operation only then.
 */
export class Sender {
  private readonly queue = new Map<string, Operation>();
  private inFlight = false;
  private timer: number | undefined;
  private failures = 0;
  private batchMax = BATCH_MAX;
  private active = false;
  private stopped = false;

  constructor(
    private readonly ports: SenderPorts,
    private readonly events: SenderEvents,
  ) {}

  /** Operations not yet acknowledged. */
  get waiting(): number {
    return this.queue.size;
  }

  get connected(): boolean {
    return this.failures === 0;
  }

  /** Queues an operation that is already in the journal. */
  add(op: Operation): void {
    if (this.stopped || this.queue.has(op.op_id)) return;
    this.queue.set(op.op_id, op);
    if (this.failures === 0) this.arm(COALESCE_MS);
  }

  /** Drops operations that another tab has brought to the server. */
  forget(ids: string[]): void {
    for (const id of ids) this.queue.delete(id);
  }

  /** Begins (or ceases) to send; another tab does it meanwhile. */
  setActive(active: boolean): void {
    this.active = active;
    if (active) this.arm(0);
  }

  /** Tries at once: the network came back, the page came to the front, or the time is up. */
  kick(): void {
    this.arm(0);
  }

  /** Nothing more can be sent under this epoch. */
  stop(): void {
    this.stopped = true;
    this.disarm();
  }

  /** A new epoch: sends again. */
  resume(): void {
    this.stopped = false;
    this.arm(0);
  }

  private disarm(): void {
    if (this.timer !== undefined) this.ports.timers.clear(this.timer);
    this.timer = undefined;
  }

  private arm(ms: number): void {
    if (this.stopped || !this.active || this.inFlight || this.queue.size === 0) return;
    if (this.timer !== undefined && ms > 0) return;
    this.disarm();
    this.timer = this.ports.timers.set(() => {
      this.timer = undefined;
      void this.send();
    }, ms);
  }

  private async send(): Promise<void> {
    if (this.stopped || !this.active || this.inFlight || this.queue.size === 0) return;
    const batch = sorted(this.queue.values(), (a, b) => a.seq - b.seq).slice(0, this.batchMax);
    this.inFlight = true;
    const sent = this.ports.timers.now();
    try {
      const ack = await this.ports.post(batch);
      this.inFlight = false;
      if (this.stopped) return;
      this.take(batch, ack, sent);
    } catch (error) {
      this.inFlight = false;
      if (this.stopped) return;
      this.fail(batch, error);
    }
  }

  private take(batch: Operation[], ack: SaveAck, sent: number): void {
    const asked = new Set(batch.map((op) => op.op_id));
    const saved = (ack.saved ?? []).filter((id) => asked.has(id));
    const sealed = (ack.sealed ?? []).filter((id) => asked.has(id));
    this.events.acked(ack, sent, this.ports.timers.now());
    this.forget(saved);
    this.forget(sealed);
    if (saved.length > 0) this.events.settled(saved, 'saved', ack);
    if (sealed.length > 0) this.events.settled(sealed, 'sealed', ack);
    if (saved.length + sealed.length === 0) {
      // An answer that names nothing of ours is no acknowledgement.
      this.retryLater('retrying');
      return;
    }
    this.failures = 0;
    this.batchMax = BATCH_MAX;
    this.events.connection('ok', undefined);
    if (this.queue.size > 0) this.arm(0);
  }

  private fail(batch: Operation[], error: unknown): void {
    const verdict = verdictOf(error);
    if (verdict === 'retry') return this.retryLater('retrying');
    if (verdict === 'signed_out') return this.retryLater('signed_out');
    const failed = error as ProblemError;
    if (verdict === 'taken_over') {
      this.stop();
      this.events.takenOver(failed);
    } else if (verdict === 'closed') {
      this.stop();
      this.events.closed(failed);
    } else if (batch.length > 1) {
      // One of them is at fault; send them singly so that the others arrive.
      this.batchMax = 1;
      this.arm(0);
    } else {
      for (const op of batch) {
        this.queue.delete(op.op_id);
        this.events.refused(op, failed);
      }
      this.arm(0);
    }
  }

  private retryLater(state: Connection): void {
    this.failures += 1;
    const delay = backoffMs(this.failures, this.ports.random);
    this.events.connection(state, this.ports.timers.now() + delay);
    this.arm(delay);
  }
}
