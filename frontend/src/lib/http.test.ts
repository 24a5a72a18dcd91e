import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverNow } from './clock';
import { http, request, whenSignedOut, withQuery } from './http';
import { setCurrentLanguage } from './language';
import { NetworkError, ProblemError } from './problem';

type Answer = () => Response | Promise<Response>;

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

/** Answers the requests in turn; the last answer stays. */
function answer(...answers: Answer[]) {
  let at = 0;
  const calls: { url: string; init: RequestInit & { headers: Headers } }[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit & { headers: Headers }) => {
    calls.push({ url, init });
    const next = answers[Math.min(at, answers.length - 1)]!;
    at += 1;
    return Promise.resolve().then(next);
  });
  return calls;
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  setCurrentLanguage('zh-CN');
  whenSignedOut(() => {});
});

const problem = {
  status: 422,
  reason: 'input.invalid',
  messages: { 'zh-CN': '有 1 处需要修改。', en: 'One thing needs a change.' },
  errors: [
    { location: 'body.title', reason: 'x', messages: { 'zh-CN': '请填写名称。', en: 'A title is needed.' } },
  ],
  request_id: 'r1',
};

describe('a request', () => {
  it('carries the header against forgery and a key of its own on creates', async () => {
    const calls = answer(() => json(201, { id: '1' }));
    await http.post('/courses', { title: 'x' });
    await http.post('/courses', { title: 'x' }, { idempotencyKey: 'mine' });
    await http.get('/courses');
    const [first, second, third] = calls.map((call) => call.init.headers);
    expect(calls[0]!.url).toBe('/api/v1/courses');
    expect(first!.get('X-Zhixing')).toBe('1');
    expect(first!.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/);
    expect(second!.get('Idempotency-Key')).toBe('mine');
    expect(third!.get('X-Zhixing')).toBeNull();
    expect(third!.get('Idempotency-Key')).toBeNull();
  });

  it('tells what the server refused, in the language of the page', async () => {
    answer(() => json(422, problem, { 'Content-Type': 'application/problem+json' }));
    const error = await http.post('/courses', {}).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProblemError);
    const refused = error as ProblemError;
    expect(refused.reason).toBe('input.invalid');
    expect(refused.text).toBe('有 1 处需要修改。');
    expect(refused.field('title')).toBe('请填写名称。');
    expect(refused.requestId).toBe('r1');
    setCurrentLanguage('en');
    expect(refused.text).toBe('One thing needs a change.');
    expect(refused.field('title')).toBe('A title is needed.');
    expect(refused.field('other')).toBeUndefined();
  });

  it('makes a problem even of an answer that is none', async () => {
    answer(
      () =>
        new Response('<html>bad gateway</html>', { status: 502, headers: { 'Content-Type': 'text/html' } }),
    );
    await expect(http.post('/courses', {})).rejects.toMatchObject({
      status: 502,
      reason: 'server.unavailable',
    });
  });

  it('says how long to wait', async () => {
    answer(() => json(429, { ...problem, reason: 'session.throttled' }, { 'Retry-After': '30' }));
    await expect(http.post('/session', {})).rejects.toMatchObject({ retryAfterS: 30 });
  });
});

describe('a lost network', () => {
  it('is told apart from a refusal, and only reads are sent again', async () => {
    const lost = () => Promise.reject(new TypeError('Failed to fetch'));
    const writes = answer(lost);
    await expect(http.post('/courses', {})).rejects.toBeInstanceOf(NetworkError);
    expect(writes).toHaveLength(1);
    const reads = answer(lost, lost, () => json(200, { ok: true }));
    await expect(http.get('/courses')).resolves.toEqual({ ok: true });
    expect(reads).toHaveLength(3);
  });

  it('is not asked again while the device is offline', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    const calls = answer(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(http.get('/courses')).rejects.toMatchObject({ kind: 'offline' });
    expect(calls).toHaveLength(1);
  });

  it('ends a request that takes too long', async () => {
    vi.stubGlobal(
      'fetch',
      (_: string, init: RequestInit) =>
        new Promise((_resolve, reject) => {
          init.signal!.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        }),
    );
    const result = expect(http.post('/courses', {}, { timeoutMs: 5_000 })).rejects.toMatchObject({
      kind: 'timeout',
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await result;
  });

  it('lets a keepalive request outlive the page', async () => {
    const calls = answer(() => json(200, {}));
    await http.post('/plays/1/reports', {}, { keepalive: true });
    expect(calls[0]!.init.signal).toBeNull();
    expect(calls[0]!.init.keepalive).toBe(true);
  });
});

describe('the session and the clock', () => {
  it('sends to sign-in on 401, unless told to stay', async () => {
    const out = vi.fn();
    whenSignedOut(out);
    answer(() => json(401, { ...problem, reason: 'session.signed_out' }));
    await http.get('/people').catch(() => {});
    expect(out).toHaveBeenCalledOnce();
    await http.get('/session', { stayOn401: true }).catch(() => {});
    expect(out).toHaveBeenCalledOnce();
  });

  it('follows the clock of the server', async () => {
    answer(() => json(200, { server_now: new Date(Date.now() + 3_600_000).toISOString() }));
    await request('/settings');
    expect(Math.abs(serverNow() - Date.now() - 3_600_000)).toBeLessThan(1_500);
  });
});

describe('a query string', () => {
  it('leaves out what is empty', () => {
    expect(withQuery('/people', { q: '李', unit_id: undefined, stage: '', limit: 20 })).toBe(
      '/people?q=%E6%9D%8E&limit=20',
    );
    expect(withQuery('/people', {})).toBe('/people');
  });
});
