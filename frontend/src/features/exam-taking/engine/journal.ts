import { sorted } from '@/lib/sorted';

/**
 * The journal of answers on this device: every operation is written here,
 * durably, before it is sent, and nothing is removed before the server has
 * acknowledged it.
 *
 * `seq` is handed out inside the same IndexedDB transaction that writes the
 * operation. Such transactions of one origin run one after the other, so two
 * tabs never give the same number.
 */

export type OperationState = 'local' | 'saved' | 'sealed';

export interface Operation {
  attempt_id: string;
  op_id: string;
  item: string;
  seq: number;
  value: string[];
  /** When it was given, RFC 3339 of the server's clock as known here; for display only. */
  at: string;
  state: OperationState;
  /** The server's time in the acknowledgement. */
  settled_at?: string;
}

export type NewOperation = Omit<Operation, 'seq' | 'state'>;

export interface Journal {
  /** All operations of an attempt in ascending seq. */
  load(attemptId: string): Promise<Operation[]>;
  /** Writes an operation durably and gives it the next seq above `floor`. */
  append(op: NewOperation, floor: number): Promise<Operation>;
  /** Marks operations as acknowledged; unknown ids are ignored. */
  settle(attemptId: string, opIds: string[], state: OperationState, at: string): Promise<void>;
  /** Removes acknowledged operations of attempts other than the given one, older than `before` (RFC 3339). */
  prune(keepAttemptId: string, before: string): Promise<void>;
  close(): void;
}

const DB_NAME = 'zhixing-exam';
const STORE = 'operations';
const BY_SEQ = 'by_seq';

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('indexeddb request failed')));
  });
}

function committed(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.addEventListener('complete', () => resolve());
    tx.addEventListener('abort', () => reject(tx.error ?? new Error('indexeddb transaction aborted')));
  });
}

/** Opens the journal in IndexedDB; rejects when the browser keeps no data for this page. */
export async function openJournal(factory: IDBFactory = indexedDB, name = DB_NAME): Promise<Journal> {
  const opening = factory.open(name, 1);
  opening.addEventListener('upgradeneeded', () => {
    const store = opening.result.createObjectStore(STORE, { keyPath: ['attempt_id', 'op_id'] });
    store.createIndex(BY_SEQ, ['attempt_id', 'seq']);
  });
  const db = await done(opening);
  db.addEventListener('versionchange', () => db.close());
  return new IndexedDbJournal(db);
}

function range(attemptId: string): IDBKeyRange {
  return IDBKeyRange.bound([attemptId, 0], [attemptId, Number.MAX_SAFE_INTEGER]);
}

class IndexedDbJournal implements Journal {
  constructor(private readonly db: IDBDatabase) {}

  async load(attemptId: string): Promise<Operation[]> {
    const tx = this.db.transaction(STORE, 'readonly');
    return done<Operation[]>(tx.objectStore(STORE).index(BY_SEQ).getAll(range(attemptId)));
  }

  async append(op: NewOperation, floor: number): Promise<Operation> {
    const tx = this.db.transaction(STORE, 'readwrite', { durability: 'strict' });
    const end = committed(tx);
    const store = tx.objectStore(STORE);
    let written: Operation | undefined;
    const last = store.index(BY_SEQ).openKeyCursor(range(op.attempt_id), 'prev');
    last.addEventListener('success', () => {
      const key = last.result?.key as [string, number] | undefined;
      const seq = Math.max(floor, key?.[1] ?? 0) + 1;
      written = { ...op, seq, state: 'local' };
      store.put(written);
    });
    await end;
    return written as unknown as Operation;
  }

  async settle(attemptId: string, opIds: string[], state: OperationState, at: string): Promise<void> {
    if (opIds.length === 0) return;
    const tx = this.db.transaction(STORE, 'readwrite', { durability: 'strict' });
    const end = committed(tx);
    const store = tx.objectStore(STORE);
    for (const opId of opIds) {
      const reading = store.get([attemptId, opId]) as IDBRequest<Operation | undefined>;
      reading.addEventListener('success', () => {
        if (reading.result) store.put({ ...reading.result, state, settled_at: at });
      });
    }
    await end;
  }

  async prune(keepAttemptId: string, before: string): Promise<void> {
    const tx = this.db.transaction(STORE, 'readwrite');
    const end = committed(tx);
    const walking = tx.objectStore(STORE).openCursor();
    walking.addEventListener('success', () => {
      const cursor = walking.result;
      if (!cursor) return;
      const op = cursor.value as Operation;
      if (op.attempt_id !== keepAttemptId && op.state !== 'local' && op.at < before) cursor.delete();
      cursor.continue();
    });
    await end;
  }

  close(): void {
    this.db.close();
  }
}

/** A journal for browsers that keep nothing (private windows): lives as long as the page. */
export class MemoryJournal implements Journal {
  private readonly ops = new Map<string, Operation>();

  async load(attemptId: string): Promise<Operation[]> {
    const own = [...this.ops.values()].filter((op) => op.attempt_id === attemptId);
    return sorted(own, (a, b) => a.seq - b.seq);
  }

  async append(op: NewOperation, floor: number): Promise<Operation> {
    const last = (await this.load(op.attempt_id)).at(-1)?.seq ?? 0;
    const written: Operation = { ...op, seq: Math.max(floor, last) + 1, state: 'local' };
    this.ops.set(op.op_id, written);
    return written;
  }

  async settle(_attemptId: string, opIds: string[], state: OperationState, at: string): Promise<void> {
    for (const id of opIds) {
      const op = this.ops.get(id);
      if (op) this.ops.set(id, { ...op, state, settled_at: at });
    }
  }

  async prune(): Promise<void> {}

  close(): void {}
}
