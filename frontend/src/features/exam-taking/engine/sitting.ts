import type { ProblemError } from '@/lib/problem';
import { backoffMs } from '@/lib/timers';
import type { Attempt, SaveAck } from '../model';
import type { Operation, OperationState } from './journal';
import { mergeAnswers } from './merge';
import type { AnswerView } from './merge';
import { Sender } from './sender';
import { ServerClock } from './server-clock';
import type { SittingEnd, SittingPorts, SittingSnapshot } from './state';
import type { TabMessage } from './tabs';
import { verdictOf } from './verdict';

/** One attempt being sat in this tab: answers, journal, sending, deadline, submission. */
export class Sitting {
  readonly clock: ServerClock;
  private snapshot: SittingSnapshot;
  private readonly listeners = new Set<() => void>();
  private readonly sender: Sender;
  private readonly writing = new Map<string, number>();
  private readonly unacked = new Set<string>();
  private floor: number;
  private epoch: number;
  private deadline: number | undefined;
  private retry: number | undefined;
  private submitFailures = 0;
  private finishing = false;
  private closed = false;

  private constructor(
    private readonly attempt: Attempt,
    private readonly ports: SittingPorts,
    clock: ServerClock,
    kept: boolean,
  ) {
    this.clock = clock;
    this.epoch = attempt.epoch;
    this.floor = attempt.last_seq;
    this.snapshot = {
      phase: 'answering',
      answers: new Map(),
      pending: 0,
      sealed: 0,
      refused: 0,
      connection: 'ok',
      retryAt: undefined,
      kept,
      dueAt: Date.parse(attempt.due_at ?? attempt.server_now),
      takenOverAt: undefined,
      end: undefined,
    };
    this.sender = new Sender(
      {
        timers: ports.timers,
        random: ports.random,
        post: (batch) => ports.transport.save(this.epoch, batch),
      },
      {
        acked: (ack, sent, received) => this.onAck(ack, sent, received),
        settled: (ids, state, ack) => this.onSettled(ids, state, ack),
        connection: (connection, retryAt) => this.update({ connection, retryAt }),
        refused: (op) => this.onRefused(op),
        takenOver: (error) => this.onTakenOver(error.params.at),
        closed: () => void this.learnEnd('elsewhere'),
      },
    );
  }

  /**
   * Opens the attempt in this tab: answers of the server and of the journal
   * are merged by the highest seq, and what is not acknowledged is sent again.
   *
   * @param clock already holding the sample of the answer that brought `attempt`
   */
  static async open(
    attempt: Attempt,
    ports: SittingPorts,
    clock: ServerClock,
    kept = true,
  ): Promise<Sitting> {
    const sitting = new Sitting(attempt, ports, clock, kept);
    await sitting.takeJournal(true);
    ports.tabs.listen((message) => sitting.hear(message));
    ports.tabs.tell({ type: 'epoch', epoch: attempt.epoch });
    ports.tabs.lead(
      () => void sitting.takeJournal(false).then(() => sitting.sender.setActive(true)),
      () => sitting.sender.setActive(false),
    );
    if (attempt.state !== 'in_progress') sitting.endWith(attempt, 'elsewhere');
    else sitting.watchDeadline();
    return sitting;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): SittingSnapshot => this.snapshot;

  /** Milliseconds left by the server's clock, never negative. */
  remainingMs(): number {
    return Math.max(0, this.clock.until(this.snapshot.dueAt));
  }

  /** Takes an answer: shown at once, journalled at once, sent after that. */
  answer(item: string, value: string[]): void {
    if (this.snapshot.phase !== 'answering' || this.remainingMs() === 0) return;
    const op = {
      attempt_id: this.attempt.id,
      op_id: this.ports.newId(),
      item,
      value,
      at: new Date(this.clock.now()).toISOString(),
    };
    this.writing.set(item, (this.writing.get(item) ?? 0) + 1);
    this.unacked.add(op.op_id);
    this.show(item, {
      value,
      seq: this.snapshot.answers.get(item)?.seq ?? 0,
      status: 'writing',
      op_id: op.op_id,
    });
    this.ports.journal.append(op, this.floor).then(
      (written) => this.onWritten(written, true),
      // The browser keeps nothing: say so, and send from memory all the same.
      () => this.onWritten({ ...op, seq: ++this.floor, state: 'local' }, false),
    );
  }

  /** Asks to submit: waits until every answer is on the server, then submits. */
  submit(): void {
    if (this.snapshot.phase !== 'answering') return;
    this.update({ phase: 'draining' });
    this.sender.kick();
    this.finishWhenDrained();
  }

  /** Back to the questions while the submit has not left yet. */
  cancelSubmit(): void {
    if (this.snapshot.phase === 'draining') this.update({ phase: 'answering' });
  }

  /** The network or the page came back: try at once and ask the server for time and state. */
  async resync(front = true): Promise<void> {
    if (this.closed) return;
    if (front) this.ports.tabs.front();
    this.sender.kick();
    const sent = this.ports.timers.now();
    try {
      const attempt = await this.ports.transport.load();
      this.clock.sample(sent, this.ports.timers.now(), attempt.server_now);
      this.onServerState(attempt);
    } catch {
      // The countdown goes on from the last sample; the sender reports the connection.
    }
    this.watchDeadline();
  }

  /** Stops timers and gives the sending to another tab. The journal stays. */
  close(): void {
    this.closed = true;
    this.sender.stop();
    this.clear('deadline');
    this.clear('retry');
    this.ports.tabs.close();
  }

  private clear(which: 'deadline' | 'retry'): void {
    const id = this[which];
    if (id !== undefined) this.ports.timers.clear(id);
    this[which] = undefined;
  }

  private update(change: Partial<SittingSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }

  private show(item: string, view: AnswerView, change: Partial<SittingSnapshot> = {}): void {
    const answers = new Map(this.snapshot.answers).set(item, view);
    this.update({ answers, pending: this.unacked.size, ...change });
  }

  private async takeJournal(recheck: boolean): Promise<void> {
    const ops = await this.ports.journal.load(this.attempt.id).catch(() => [] as Operation[]);
    const merged = mergeAnswers(this.attempt.items, ops, this.snapshot.answers, recheck, this.unacked);
    this.floor = Math.max(this.floor, ops.at(-1)?.seq ?? 0);
    for (const op of merged.unsent) {
      this.unacked.add(op.op_id);
      this.sender.add(op);
    }
    this.update({ answers: merged.answers, pending: this.unacked.size, sealed: merged.sealed });
  }

  private onWritten(op: Operation, kept: boolean): void {
    const left = (this.writing.get(op.item) ?? 1) - 1;
    if (left > 0) this.writing.set(op.item, left);
    else this.writing.delete(op.item);
    this.floor = Math.max(this.floor, op.seq);
    const view = this.snapshot.answers.get(op.item);
    if (view?.op_id === op.op_id) {
      this.show(op.item, { ...view, seq: op.seq, status: kept ? 'local' : 'unkept' });
    }
    if (!kept) this.update({ kept: false });
    this.sender.add(op);
    this.ports.tabs.tell({ type: 'written', op });
  }

  private onAck(ack: SaveAck, sent: number, received: number): void {
    this.clock.sample(sent, received, ack.server_now);
    this.moveDeadline(ack.due_at);
  }

  private moveDeadline(dueAt: string): void {
    const at = Date.parse(dueAt);
    if (!Number.isNaN(at) && at !== this.snapshot.dueAt) this.update({ dueAt: at });
    this.watchDeadline();
  }

  private onSettled(ids: string[], state: OperationState, ack: SaveAck): void {
    this.markSettled(ids, state, ack.server_now);
    this.ports.tabs.tell({ type: 'settled', ids, state, at: ack.server_now, due_at: ack.due_at });
    void this.ports.journal.settle(this.attempt.id, ids, state, ack.server_now).catch(() => {
      // Not marked here, so it is sent once more after a reload; the server takes it once.
    });
    if (state === 'sealed') void this.learnEnd('time');
  }

  private markSettled(ids: string[], state: OperationState, at: string): void {
    const settled = new Set(ids);
    for (const id of ids) this.unacked.delete(id);
    const answers = new Map(this.snapshot.answers);
    for (const [item, view] of answers) {
      if (view.op_id && settled.has(view.op_id)) {
        answers.set(item, { ...view, status: state === 'sealed' ? 'sealed' : 'saved', saved_at: at });
      }
    }
    const sealed = this.snapshot.sealed + (state === 'sealed' ? ids.length : 0);
    this.update({ answers, pending: this.unacked.size, sealed });
    this.finishWhenDrained();
  }

  private onRefused(op: Operation): void {
    this.unacked.delete(op.op_id);
    const view = this.snapshot.answers.get(op.item);
    const refused = this.snapshot.refused + 1;
    if (view?.op_id === op.op_id) this.show(op.item, { ...view, status: 'refused' }, { refused });
    else this.update({ refused, pending: this.unacked.size });
    this.finishWhenDrained();
  }

  private onTakenOver(at: unknown): void {
    if (this.snapshot.phase === 'submitted') return;
    this.clear('deadline');
    this.update({ phase: 'taken_over', takenOverAt: typeof at === 'string' ? at : undefined });
  }

  private onServerState(attempt: Attempt): void {
    if (attempt.state !== 'in_progress') return this.endWith(attempt, this.endedBy());
    if (attempt.held_elsewhere) {
      this.sender.stop();
      return this.onTakenOver(undefined);
    }
    if (attempt.due_at) this.moveDeadline(attempt.due_at);
  }

  private hear(message: TabMessage): void {
    if (this.closed) return;
    if (message.type === 'settled') {
      this.sender.forget(message.ids);
      this.moveDeadline(message.due_at);
      this.markSettled(message.ids, message.state, message.at);
    } else if (message.type === 'written') {
      this.floor = Math.max(this.floor, message.op.seq);
      this.unacked.add(message.op.op_id);
      this.sender.add(message.op);
      const view = this.snapshot.answers.get(message.op.item);
      if (!view || (view.status !== 'writing' && view.seq < message.op.seq)) {
        const { item, value, seq, op_id } = message.op;
        this.show(item, { value, seq, op_id, status: 'local' });
      } else this.update({ pending: this.unacked.size });
    } else if (message.type === 'epoch') {
      this.hearEpoch(message.epoch);
    } else if (this.snapshot.phase !== 'submitted') {
      void this.learnEnd('elsewhere');
    }
  }

  /** A sibling tab has taken the attempt back for this device: go on. */
  private hearEpoch(epoch: number): void {
    if (epoch <= this.epoch) return;
    this.epoch = epoch;
    if (this.snapshot.phase !== 'taken_over') return;
    this.update({ phase: 'answering', takenOverAt: undefined });
    this.sender.resume();
    void this.takeJournal(false);
    this.watchDeadline();
  }

  private watchDeadline(): void {
    this.clear('deadline');
    if (this.closed || this.snapshot.phase === 'submitted' || this.snapshot.phase === 'taken_over') return;
    const left = this.clock.until(this.snapshot.dueAt);
    if (left <= 0) return this.timeUp();
    // Asked again at least every 30 s: timers of hidden pages drift.
    this.deadline = this.ports.timers.set(() => this.watchDeadline(), Math.min(left, 30_000));
  }

  private timeUp(): void {
    if (this.snapshot.phase === 'time_up' || this.snapshot.phase === 'submitting') return;
    this.update({ phase: 'time_up' });
    this.sender.kick();
    this.finishWhenDrained();
  }

  /** Submits once nothing is left to bring; the server decides what counts. */
  private finishWhenDrained(): void {
    const { phase } = this.snapshot;
    if (this.closed || this.finishing || this.retry !== undefined) return;
    if ((phase !== 'draining' && phase !== 'time_up') || this.unacked.size > 0) return;
    void this.finish(phase === 'time_up' ? 'time' : 'self');
  }

  private async finish(by: SittingEnd['by']): Promise<void> {
    this.finishing = true;
    if (by === 'self') this.update({ phase: 'submitting' });
    const sent = this.ports.timers.now();
    try {
      const ack = await this.ports.transport.submit(this.epoch);
      this.clock.sample(sent, this.ports.timers.now(), ack.server_now);
      this.finishing = false;
      this.end({
        submitted_at: ack.submitted_at,
        receipt: ack.receipt,
        by: ack.submitted_by === 'clock' ? 'time' : by,
      });
    } catch (error) {
      this.finishing = false;
      const verdict = verdictOf(error);
      if (verdict === 'taken_over') return this.onTakenOver((error as ProblemError).params.at);
      if (verdict === 'closed') return void this.learnEnd(by === 'self' ? 'elsewhere' : by);
      this.update({ connection: verdict === 'signed_out' ? 'signed_out' : 'retrying' });
      this.again(() => void this.finish(this.snapshot.phase === 'time_up' ? 'time' : by));
    }
  }

  /** Asks the server how the attempt ended, until it says. */
  private async learnEnd(by: SittingEnd['by']): Promise<void> {
    if (this.closed || this.snapshot.phase === 'submitted') return;
    try {
      const attempt = await this.ports.transport.load();
      if (attempt.state === 'in_progress') this.again(() => void this.learnEnd(by));
      else this.endWith(attempt, by);
    } catch {
      this.again(() => void this.learnEnd(by));
    }
  }

  private again(fn: () => void): void {
    this.submitFailures += 1;
    this.clear('retry');
    const delay = backoffMs(this.submitFailures, this.ports.random);
    this.update({ retryAt: this.ports.timers.now() + delay });
    this.retry = this.ports.timers.set(() => {
      this.retry = undefined;
      fn();
    }, delay);
  }

  private endedBy(): SittingEnd['by'] {
    return this.clock.until(this.snapshot.dueAt) <= 0 ? 'time' : 'elsewhere';
  }

  private endWith(attempt: Attempt, by: SittingEnd['by']): void {
    this.end({ submitted_at: attempt.submitted_at ?? undefined, receipt: attempt.receipt ?? undefined, by });
  }

  private end(end: SittingEnd): void {
    if (this.snapshot.phase === 'submitted') return;
    this.clear('deadline');
    this.clear('retry');
    this.update({ phase: 'submitted', end, connection: 'ok', retryAt: undefined });
    this.ports.tabs.tell({ type: 'ended' });
    // What is still here is offered once more: it counts no longer, but it is kept as evidence.
    this.sender.kick();
  }
}
