import type { Timers } from '@/lib/timers';
import type { Attempt, SaveAck, SubmitAck } from '../model';
import type { Journal, Operation } from './journal';
import type { AnswerView } from './merge';
import type { Connection } from './sender';
import type { Tabs } from './tabs';

/** What the engine calls on the server; failures are thrown as ProblemError or NetworkError. */
export interface Transport {
  save(epoch: number, batch: Operation[]): Promise<SaveAck>;
  submit(epoch: number): Promise<SubmitAck>;
  /** The attempt as the server sees it now. */
  load(): Promise<Attempt>;
}

export interface SittingPorts {
  journal: Journal;
  transport: Transport;
  tabs: Tabs;
  timers: Timers;
  random(): number;
  newId(): string;
}

/**
 * - `answering` questions may be answered;
 * - `draining` submit was asked for and waits until every answer is on the server;
 * - `submitting` the submit itself is under way;
 * - `time_up` the time is over; what is left is being sent, then it is submitted;
 * - `submitted` the server has closed the attempt;
 * - `taken_over` another device writes now.
 */
export type SittingPhase = 'answering' | 'draining' | 'submitting' | 'time_up' | 'submitted' | 'taken_over';

export interface SittingEnd {
  submitted_at: string | undefined;
  receipt: string | undefined;
  /** Who closed it: the learner here, the end of time, or someone elsewhere. */
  by: 'self' | 'time' | 'elsewhere';
}

export interface SittingSnapshot {
  phase: SittingPhase;
  answers: ReadonlyMap<string, AnswerView>;
  /** Operations the server has not acknowledged. */
  pending: number;
  /** Operations that came after the end and are kept as evidence only. */
  sealed: number;
  /** Operations the server refused for good. */
  refused: number;
  connection: Connection;
  /** Monotonic ms of the next try, when one is planned. */
  retryAt: number | undefined;
  /** False when this browser keeps nothing: answers live only in the page until sent. */
  kept: boolean;
  /** Server time in ms when the time ends; changes when it is extended. */
  dueAt: number;
  takenOverAt: string | undefined;
  end: SittingEnd | undefined;
}
