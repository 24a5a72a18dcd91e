import { expect, test, vi } from 'vitest';
import { ProblemError, type ProblemBody } from '@/lib/problem';
import { Upload, type UploadPlan, type UploadPort } from './upload';

const PART = 10;

/** A server of uploads in memory. `lose` says how many times each part is lost on its way. */
class Server implements UploadPort {
  readonly have = new Map<number, string>();
  readonly calls: string[] = [];
  lose = new Map<number, number>();
  refuse: ProblemError | undefined;
  /** While set, parts hang until they are stopped. */
  hang = false;

  constructor(private readonly size: number) {}

  #plan(): UploadPlan {
    return {
      id: 'm1',
      part_size: PART,
      part_count: Math.ceil(this.size / PART),
      parts_done: [...this.have.keys()],
    };
  }
  begin = async () => (this.calls.push('begin'), this.#plan());
  plan = async (id: string) => (this.calls.push(`plan ${id}`), this.#plan());
  cancel = async (id: string) => void this.calls.push(`cancel ${id}`);
  complete = async () => {
    this.calls.push('complete');
    if (this.have.size !== this.#plan().part_count) throw refusal('media.parts_missing', 409);
  };
  put = async (_: string, part: number, bytes: Blob, _sha: string, signal: AbortSignal) => {
    this.calls.push(`put ${part}`);
    if (this.hang) await new Promise((_done, fail) => signal.addEventListener('abort', fail));
    if (this.refuse) throw this.refuse;
    const left = this.lose.get(part) ?? 0;
    this.lose.set(part, left - 1);
    if (left > 0) throw new TypeError('Failed to fetch');
    this.have.set(part, await bytes.text());
  };
  get text(): string {
    return [...this.have.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([, text]) => text)
      .join('');
  }
  puts = () => this.calls.filter((call) => call.startsWith('put'));
}

const refusal = (reason: string, status: number) => new ProblemError({ reason, status } as ProblemBody);

const words = 'abcdefghijklmnopqrstuvwxyz0123456789'; // four parts, the last one short
const file = () => new File([words], '第一讲.mp4');

test('a file arrives whole, by parts', async () => {
  const server = new Server(words.length);
  const upload = new Upload(file(), server);
  await upload.start();
  expect(server.text).toBe(words);
  expect(upload.status).toMatchObject({ state: 'done', sent: words.length });
  expect(server.calls.at(-1)).toBe('complete');
});

// Seen red: without the loop of #patiently the upload failed.
test('a part that is lost on its way is sent again, the others are not', async () => {
  vi.useFakeTimers();
  try {
    const server = new Server(words.length);
    server.lose.set(2, 3);
    const upload = new Upload(file(), server);
    const states = new Set<string>();
    upload.subscribe(() => states.add(upload.status.state));
    void upload.start();
    // On fake timers it moves them on by itself.
    await vi.waitFor(() => expect(upload.status.state).toBe('done'), { timeout: 60_000, interval: 500 });
    expect(server.text).toBe(words);
    expect(states).toContain('waiting');
    expect(server.puts().toSorted()).toEqual(['put 1', 'put 2', 'put 2', 'put 2', 'put 2', 'put 3', 'put 4']);
  } finally {
    vi.useRealTimers();
  }
});

test('what the server refuses is not repeated, and can be tried again', async () => {
  const server = new Server(words.length);
  server.refuse = refusal('media.too_large', 413);
  const upload = new Upload(file(), server);
  await upload.start();
  expect(upload.status.state).toBe('failed');
  expect(server.puts().length).toBeLessThanOrEqual(3);
  server.refuse = undefined;
  await upload.start();
  expect(upload.status.state).toBe('done');
});

// Seen red: with the signal read from the upload, not from its own start, the
// start that was paused completed a file of which parts were missing.
test('a pause and the going on at once send each missing part and complete once', async () => {
  const server = new Server(words.length);
  server.hang = true;
  const upload = new Upload(file(), server);
  const first = upload.start();
  await vi.waitFor(() => expect(server.puts().length).toBe(3));
  upload.pause();
  expect(upload.status.state).toBe('paused');
  server.hang = false;
  await Promise.all([first, upload.start()]);
  expect(upload.status.state).toBe('done');
  expect(server.text).toBe(words);
  expect(server.calls.filter((call) => call === 'complete')).toHaveLength(1);
});

// Seen red: without #begun the server was asked for two uploads.
test('paused before the server has answered, it begins once', async () => {
  const server = new Server(words.length);
  const upload = new Upload(file(), server);
  const first = upload.start();
  upload.pause();
  await Promise.all([first, upload.start()]);
  expect(server.calls.filter((call) => call === 'begin')).toHaveLength(1);
  expect(upload.status.state).toBe('done');
});

test('the same file on a page opened again sends only what is missing', async () => {
  const server = new Server(words.length);
  server.have.set(1, words.slice(0, 10));
  server.have.set(3, words.slice(20, 30));
  const upload = new Upload(file(), server, 'm1');
  const sent: number[] = [];
  upload.subscribe(() => sent.push(upload.status.sent));
  await upload.start();
  expect(server.calls[0]).toBe('plan m1');
  expect(server.puts().toSorted()).toEqual(['put 2', 'put 4']);
  expect(sent).toContain(20); // what was there counts from the start
  expect(server.text).toBe(words);
});

// Seen red: with the upload's id looked at before the answer of begin, nothing was cancelled on the server.
test('a cancel is told to the server, also when it had not answered yet', async () => {
  const server = new Server(words.length);
  const upload = new Upload(file(), server);
  const all = upload.start();
  await upload.cancel();
  await all;
  expect(upload.status.state).toBe('cancelled');
  expect(server.calls).toEqual(['begin', 'cancel m1']);
});
