/** A simulated server, network, clock and journal for the engine's tests. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';

import { NetworkError, ProblemError } from '@/lib/problem';
import { VirtualTime } from '@/lib/virtual-time';
import type { Attempt, AttemptItem, SaveAck, SubmitAck } from '../model';
import type { Journal, Operation } from './journal';
import { openJournal } from './journal';
import type { Transport } from './state';
import type { Tabs } from './tabs';

/** The journal, counted so that virtual time waits for it. */
export function trackedJournal(journal: Journal, time: VirtualTime): Journal {
  return {
    load: (id) => time.track(journal.load(id)),
    append: (op, floor) => time.track(journal.append(op, floor)),
    settle: (id, ops, state, at) => time.track(journal.settle(id, ops, state, at)),
    prune: (id, before) => time.track(journal.prune(id, before)),
    close: () => journal.close(),
  };
}

export async function newJournal(time: VirtualTime, factory = new IDBFactory()): Promise<Journal> {
  return trackedJournal(await openJournal(factory), time);
}

export interface NetworkFault {
  /** Nothing arrives. */
  requestLost?: boolean;
  /** It arrives and is done, but the answer is lost. */
  ackLost?: boolean;
  /** It takes and names only the first half of what it was sent. */
  half?: boolean;
  /** The server answers with this status instead. */
  status?: number;
}

/** The server's side of the protocol, on its own clock. */
export class FakeServer {
  readonly opened = new Date('2026-11-23T06:00:00Z').getTime();
  readonly received = new Map<string, Operation>();
  /** How often each op id was taken as new: must never pass one. */
  readonly applied = new Map<string, number>();
  readonly sealed = new Map<string, Operation>();
  saves = 0;
  submits = 0;
  epoch = 1;
  state: Attempt['state'] = 'in_progress';
  submittedAt: string | undefined;
  online = true;
  latencyMs = 40;
  fault: () => NetworkFault = () => ({});
  dueAt: number;

  constructor(
    readonly time: VirtualTime,
    readonly questions: AttemptItem[],
    durationMs = 3_600_000,
    readonly graceMs = 2_000,
  ) {
    this.dueAt = this.now() + durationMs;
  }

  now(): number {
    return this.opened + this.time.now();
  }

  iso(at = this.now()): string {
    return new Date(at).toISOString();
  }

  answers(): Map<string, Operation> {
    const best = new Map<string, Operation>();
    for (const op of this.received.values()) {
      const held = best.get(op.item);
      if (!held || op.seq > held.seq) best.set(op.item, op);
    }
    return best;
  }

  attempt(): Attempt {
    const answers = this.answers();
    const seqs = [...this.received.values()].map((op) => op.seq);
    return {
      id: 'attempt-1',
      exam_id: 'exam-1',
      title: '积极分子结业考试',
      state: this.state,
      epoch: this.epoch,
      held_elsewhere: false,
      started_at: this.iso(this.opened),
      due_at: this.iso(this.dueAt),
      grace_ms: this.graceMs,
      server_now: this.iso(),
      last_seq: Math.max(0, ...seqs),
      submitted_at: this.submittedAt ?? null,
      receipt: this.submittedAt ? 'R-1' : null,
      items: this.questions.map((item) => ({
        ...item,
        answer: answers.get(item.id)?.value ?? null,
        answer_seq: answers.get(item.id)?.seq ?? 0,
      })),
    };
  }

  /** The sweep: submits what is past due and grace. */
  sweep(): void {
    if (this.state === 'in_progress' && this.now() > this.dueAt + this.graceMs) this.close();
  }

  private close(): void {
    this.state = 'submitted';
    this.submittedAt = this.iso(Math.min(this.now(), this.dueAt));
  }

  transport(): Transport {
    return {
      save: (epoch, batch) =>
        this.call((fault) =>
          this.save(epoch, fault.half ? batch.slice(0, Math.ceil(batch.length / 2)) : batch),
        ),
      submit: (epoch) => this.call(() => this.submit(epoch)),
      load: () => this.call(() => this.attempt()),
    };
  }

  private async call<T>(work: (fault: NetworkFault) => T): Promise<T> {
    const fault = this.fault();
    await this.time.wait(this.latencyMs / 2);
    if (!this.online || fault.requestLost) throw new NetworkError('unreachable');
    if (fault.status) throw new ProblemError({ status: fault.status, reason: 'server.unexpected' });
    this.sweep();
    const answer = work(fault);
    await this.time.wait(this.latencyMs / 2);
    if (!this.online || fault.ackLost) throw new NetworkError('unreachable');
    return structuredClone(answer);
  }

  private save(epoch: number, batch: Operation[]): SaveAck {
    this.saves += 1;
    if (epoch !== this.epoch)
      throw new ProblemError({ status: 409, reason: 'exam.taken_over', params: { at: this.iso() } });
    const late = this.now() > this.dueAt + this.graceMs;
    if (this.state !== 'in_progress' && !late)
      throw new ProblemError({ status: 409, reason: 'exam.attempt_not_open' });
    const saved: string[] = [];
    const sealed: string[] = [];
    for (const op of batch) {
      if (this.received.has(op.op_id)) saved.push(op.op_id);
      else if (late) {
        this.sealed.set(op.op_id, op);
        sealed.push(op.op_id);
      } else {
        this.received.set(op.op_id, op);
        this.applied.set(op.op_id, (this.applied.get(op.op_id) ?? 0) + 1);
        saved.push(op.op_id);
      }
    }
    return {
      server_now: this.iso(),
      server_seq: this.received.size,
      due_at: this.iso(this.dueAt),
      saved,
      sealed,
      receipt: `r${this.saves}`,
      state: this.state,
    };
  }

  private submit(epoch: number): SubmitAck {
    this.submits += 1;
    if (epoch !== this.epoch)
      throw new ProblemError({ status: 409, reason: 'exam.taken_over', params: { at: this.iso() } });
    if (this.state === 'in_progress') this.close();
    return {
      id: 'attempt-1',
      state: this.state,
      submitted_at: this.submittedAt ?? this.iso(),
      server_now: this.iso(),
      receipt: 'R-1',
    };
  }
}

/** Items with four options each. */
export function items(count: number): AttemptItem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `q${i + 1}`,
    kind: 'multiple' as const,
    stem: `第 ${i + 1} 题`,
    points_milli: 2_000,
    options: ['a', 'b', 'c', 'd'].map((id) => ({ id, text: id })),
    answer: null,
    answer_seq: 0,
  }));
}

/** Tabs of one browser in one process: one leader, messages to all others. */
export class TabGroup {
  private readonly members: { gained: () => void; lost: () => void; heard: (m: never) => void }[] = [];
  private leader = -1;

  tab(): Tabs {
    const member = { gained: () => {}, lost: () => {}, heard: ((): void => {}) as (message: never) => void };
    const index = this.members.push(member) - 1;
    return {
      lead: (gained, lost) => {
        member.gained = gained;
        member.lost = lost;
        if (this.leader < 0) this.pass(index);
      },
      front: () => this.pass(index),
      tell: (message) => {
        this.members.forEach((other, i) => {
          if (i !== index) other.heard(structuredClone(message) as never);
        });
      },
      listen: (heard) => {
        member.heard = heard as (m: never) => void;
      },
      close: () => {
        member.heard = () => {};
        member.gained = () => {};
        if (this.leader === index) this.pass(this.members.findIndex((_, i) => i !== index));
      },
    };
  }

  private pass(to: number): void {
    if (to < 0 || to === this.leader) return;
    if (this.leader >= 0) this.members[this.leader]?.lost();
    this.leader = to;
    this.members[to]?.gained();
  }
}
