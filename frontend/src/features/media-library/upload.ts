import { http, request } from '@/lib/http';
import { isProblem } from '@/lib/problem';
import { sha256Hex } from './sha256';

/** What the server says about an upload. */
export interface UploadPlan {
  id: string;
  part_size: number;
  part_count: number;
  /** Numbers (from 1) of the parts the server has. */
  parts_done: number[];
}

export interface UploadStatus {
  state: 'sending' | 'paused' | 'waiting' | 'done' | 'failed' | 'cancelled';
  mediumId?: string;
  /** Bytes. */
  sent: number;
  size: number;
  /** Bytes per second over the last ten seconds. */
  rate?: number;
  error?: unknown;
}

/** What moves bytes; tests replace it. */
export interface UploadPort {
  begin(filename: string, size: number): Promise<UploadPlan>;
  plan(id: string): Promise<UploadPlan>;
  put(id: string, part: number, bytes: Blob, sha256: string, signal: AbortSignal): Promise<void>;
  complete(id: string): Promise<void>;
  cancel(id: string): Promise<void>;
}

const LANES = 3;
const MAX_WAIT_MS = 15_000;
const RATE_WINDOW_MS = 10_000;

/**
 * Sends one file by parts: several at once, each part again until the server has it, going on after a pause, a lost
 * network or, with the same file and `resumeId`, a closed page. Nothing is sent twice that the server already has.
 */
export class Upload {
  #status: UploadStatus;
  #listeners = new Set<() => void>();
  #begun: Promise<UploadPlan> | undefined;
  #plan: UploadPlan | undefined;
  #done = new Set<number>();
  #stop = new AbortController();
  #samples: { at: number; bytes: number }[] = [];
  readonly key = `${Date.now()}-${Math.random().toString(36).slice(2)}`;

  constructor(
    readonly file: File,
    private readonly port: UploadPort = serverPort,
    private readonly resumeId?: string,
  ) {
    this.#status = { state: 'waiting', sent: 0, size: file.size };
  }

  get status(): UploadStatus {
    return this.#status;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): UploadStatus => this.#status;

  /** Starts, or goes on after a pause or a failure. */
  async start(): Promise<void> {
    if (this.#status.state === 'sending' || this.#status.state === 'done') return;
    const stop = new AbortController();
    this.#stop = stop; // A start that was stopped must not go on under the next one's signal.
    this.#samples = [];
    this.#set({ state: 'sending', error: undefined });
    try {
      await this.#prepare(stop.signal);
      await this.#sendAll(stop.signal);
      await this.#patiently(() => this.port.complete(this.#plan!.id), stop.signal);
      if (!stop.signal.aborted) this.#set({ state: 'done', sent: this.file.size, rate: undefined });
    } catch (error) {
      if (stop.signal.aborted) return;
      stop.abort();
      this.#set({ state: 'failed', error });
    }
  }

  pause(): void {
    if (this.#status.state !== 'sending' && this.#status.state !== 'waiting') return;
    this.#stop.abort();
    this.#set({ state: 'paused', rate: undefined });
  }

  async cancel(): Promise<void> {
    this.#stop.abort();
    this.#set({ state: 'cancelled', rate: undefined });
    const id = this.#plan?.id ?? this.resumeId ?? (await this.#begun)?.id;
    if (id) await this.port.cancel(id);
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const plan = await this.#planned();
    if (signal.aborted) return;
    this.#plan = plan;
    this.#done = new Set(plan.parts_done);
    this.#set({ mediumId: plan.id, sent: this.#sentBytes() });
  }

  async #planned(): Promise<UploadPlan> {
    const id = this.#plan?.id ?? this.resumeId;
    if (id) return this.port.plan(id);
    // One file begins once, also when it was paused before the server had answered.
    this.#begun ??= this.port.begin(this.file.name, this.file.size);
    try {
      return await this.#begun;
    } catch (error) {
      this.#begun = undefined;
      throw error;
    }
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const plan = this.#plan;
    if (!plan) return; // stopped before the server had answered
    const left = Array.from({ length: plan.part_count }, (_, index) => index + 1).filter(
      (n) => !this.#done.has(n),
    );
    const lane = async () => {
      for (let part = left.shift(); part !== undefined && !signal.aborted; part = left.shift()) {
        await this.#sendPart(plan, part, signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(LANES, left.length) }, lane));
  }

  async #sendPart(plan: UploadPlan, part: number, signal: AbortSignal): Promise<void> {
    const from = (part - 1) * plan.part_size;
    const bytes = this.file.slice(from, Math.min(from + plan.part_size, this.file.size));
    const hash = await sha256Hex(await bytes.arrayBuffer());
    await this.#patiently(() => this.port.put(plan.id, part, bytes, hash, signal), signal);
    if (signal.aborted) return;
    this.#done.add(part);
    this.#note(bytes.size);
    this.#set({ state: 'sending', sent: this.#sentBytes(), rate: this.#rate() });
  }

  /** Repeats what failed for want of a network or a busy server; gives up on what the server refused. */
  async #patiently(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await send();
      } catch (error) {
        if (signal.aborted) return;
        if (isProblem(error) && error.status < 500 && error.status !== 429) throw error;
        this.#set({ state: 'waiting', rate: undefined });
        await wait(Math.min(MAX_WAIT_MS, 500 * 2 ** attempt) * (0.5 + Math.random() / 2), signal);
        if (!signal.aborted) this.#set({ state: 'sending' });
      }
    }
  }

  #sentBytes(): number {
    const plan = this.#plan;
    if (!plan) return 0;
    const last = this.file.size - (plan.part_count - 1) * plan.part_size;
    return [...this.#done].reduce((sum, part) => sum + (part === plan.part_count ? last : plan.part_size), 0);
  }

  #note(bytes: number): void {
    const now = performance.now();
    this.#samples.push({ at: now, bytes });
    this.#samples = this.#samples.filter((sample) => now - sample.at < RATE_WINDOW_MS);
  }

  #rate(): number | undefined {
    const first = this.#samples[0];
    if (!first || this.#samples.length < 2) return undefined;
    const seconds = (performance.now() - first.at) / 1000;
    const bytes = this.#samples.slice(1).reduce((sum, sample) => sum + sample.bytes, 0);
    return seconds > 0 ? bytes / seconds : undefined;
  }

  #set(change: Partial<UploadStatus>): void {
    this.#status = { ...this.#status, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

export const serverPort: UploadPort = {
  begin: (filename, size) => http.post<UploadPlan>('/media', { filename, size }),
  plan: (id) => http.get<UploadPlan>(`/media/${id}`),
  put: (id, part, bytes, sha256, signal) =>
    request<void>(`/media/${id}/parts/${part}`, {
      method: 'PUT',
      body: bytes,
      headers: { 'X-Content-SHA256': sha256, 'Content-Type': 'application/octet-stream' },
      timeoutMs: 300_000,
      signal,
    }),
  complete: (id) => http.post<void>(`/media/${id}/complete`, undefined, { timeoutMs: 120_000 }),
  cancel: (id) => http.post<void>(`/media/${id}/cancel`),
};
