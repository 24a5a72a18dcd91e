import type { AttemptItem } from '../model';
import type { Operation } from './journal';

/**
 * Where an answer is now:
 * - `writing` on its way into this device's journal;
 * - `local` in the journal only;
 * - `unkept` in this page only, since the browser keeps nothing;
 * - `saved` acknowledged by the server;
 * - `sealed` arrived after the end: kept as evidence, not graded;
 * - `refused` the server will not take it.
 */
export type AnswerStatus = 'writing' | 'local' | 'unkept' | 'saved' | 'sealed' | 'refused';

export interface AnswerView {
  value: string[];
  seq: number;
  status: AnswerStatus;
  op_id?: string;
  /** The server's time of the acknowledgement. */
  saved_at?: string;
}

export interface Merged {
  answers: Map<string, AnswerView>;
  /** What has to be sent again, in ascending seq. */
  unsent: Operation[];
  sealed: number;
}

/**
 * Merges what the server holds with the journal: per item the highest seq wins,
 * and of two alike the one of the journal, since it arrives later.
 *
 * An operation counts as saved only if the server showed it or acknowledged
 * it. One marked saved here whose seq is above the server's is sent again: the
 * server is asked, never assumed, and takes each id once.
 */
export function mergeAnswers(
  items: readonly AttemptItem[],
  ops: readonly Operation[],
  shown: ReadonlyMap<string, AnswerView> = new Map(),
  recheck = true,
  waiting: ReadonlySet<string> = new Set(),
): Merged {
  const answers = new Map<string, AnswerView>();
  const serverSeq = new Map<string, number>();
  for (const item of items) {
    serverSeq.set(item.id, item.answer_seq);
    if (item.answer !== null)
      answers.set(item.id, { value: item.answer, seq: item.answer_seq, status: 'saved' });
  }
  const unsent: Operation[] = [];
  let sealed = 0;
  for (const op of ops) {
    if (op.state === 'sealed') sealed += 1;
    const lost =
      op.state === 'saved' &&
      (waiting.has(op.op_id) || (recheck && op.seq > (serverSeq.get(op.item) ?? 0) && isLatest(op, ops)));
    if (op.state === 'local' || lost) unsent.push(op);
    const best = answers.get(op.item);
    if (op.state === 'sealed' || (best && best.seq > op.seq)) continue;
    answers.set(op.item, {
      value: op.value,
      seq: op.seq,
      op_id: op.op_id,
      status: op.state === 'local' || lost ? 'local' : 'saved',
      ...(op.state === 'saved' && op.settled_at ? { saved_at: op.settled_at } : {}),
    });
  }
  for (const [item, view] of shown) {
    const best = answers.get(item);
    if (view.status === 'writing' || !best || view.seq > best.seq) answers.set(item, view);
    else if (view.op_id === best.op_id && view.status === 'saved') answers.set(item, view);
  }
  return { answers, unsent, sealed };
}

function isLatest(op: Operation, ops: readonly Operation[]): boolean {
  return !ops.some((other) => other.item === op.item && other.seq > op.seq && other.state !== 'sealed');
}
