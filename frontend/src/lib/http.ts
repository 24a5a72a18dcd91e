import { noteServerTime } from './clock';
import { newId } from './id';
import { language } from './language';
import { NetworkError, ProblemError, type ProblemBody } from './problem';

export interface RequestOptions extends Omit<RequestInit, 'body'> {
  body?: BodyInit | null;
  /** Keep one key for one intent: a repeated send with the same key has one effect. Made when absent. */
  idempotencyKey?: string;
  /** Milliseconds until the request is given up; 20 s unless told. 0 waits for ever. */
  timeoutMs?: number;
  /** Do not send the person to the sign-in page on 401. */
  stayOn401?: boolean;
}

const API = '/api/v1';
const GET_RETRIES = 2;

let onSignedOut: (() => void) | undefined;

/** The router says here what happens when the session has ended. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

let onStepUp: (() => Promise<boolean>) | undefined;

/** The page says here how it asks again who the person is; true when that went well. */
export function whenStepUp(handler: () => Promise<boolean>): void {
  onStepUp = handler;
}

/**
 * Sends one request and returns the parsed body (undefined when there is none). Also the mutator of the generated
 * client. Throws ProblemError for what the server refused and NetworkError for what got no answer. Only reads are
 * sent again by themselves.
 */
export async function request<T>(url: string, options: RequestOptions = {}): Promise<T> {
  const method = (options.method ?? 'GET').toUpperCase();
  const retries = method === 'GET' ? GET_RETRIES : 0;
  let asked = false;
  for (let attempt = 0; ; attempt++) {
    try {
      return await send<T>(url, method, options);
    } catch (error) {
      // A dangerous deed: prove who one is, and it goes on as if nothing had been asked.
      if (
        !asked &&
        onStepUp &&
        error instanceof ProblemError &&
        error.reason === 'session.step_up_required'
      ) {
        asked = true;
        if (!(await onStepUp())) throw error;
        attempt--;
        continue;
      }
      if (attempt >= retries || !worthRepeating(error) || options.signal?.aborted) throw error;
      await pause(300 * 2 ** attempt, options.signal);
    }
  }
}

function worthRepeating(error: unknown): boolean {
  if (error instanceof NetworkError) return error.kind !== 'offline';
  return (
    error instanceof ProblemError && (error.status === 502 || error.status === 503 || error.status === 504)
  );
}

function pause(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

async function send<T>(url: string, method: string, options: RequestOptions): Promise<T> {
  const { idempotencyKey, timeoutMs = 20_000, stayOn401, signal, ...init } = options;
  const headers = new Headers(init.headers);
  headers.set('Accept', 'application/json, application/problem+json');
  headers.set('Accept-Language', language());
  if (method !== 'GET') headers.set('X-Zhixing', '1');
  if (method === 'POST' && !headers.has('Idempotency-Key')) {
    headers.set('Idempotency-Key', idempotencyKey ?? newId());
  }
  if (typeof init.body === 'string' && !headers.has('Content-Type')) {
    headers.set('Content-Type', 'application/json');
  }

  const stop = new AbortController();
  const forward = () => stop.abort(signal?.reason);
  if (signal?.aborted) forward();
  signal?.addEventListener('abort', forward, { once: true });
  const timer = timeoutMs > 0 ? setTimeout(() => stop.abort('timeout'), timeoutMs) : undefined;

  const sent = Date.now();
  try {
    const response = await fetch(absolute(url), {
      ...init,
      method,
      headers,
      credentials: 'same-origin',
      // A keepalive request outlives the page, so its abort signal must not end it.
      signal: init.keepalive ? null : stop.signal,
    });
    const body = await parse(response);
    note(body, response, sent);
    if (response.ok) return body as T;
    const problem = toProblem(body, response);
    if (problem.status === 401 && !stayOn401) onSignedOut?.();
    throw problem;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    if (signal?.aborted) throw error;
    throw networkError(error, stop.signal.reason === 'timeout');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

/** `/courses` and `/api/v1/courses` mean the same. */
function absolute(url: string): string {
  return url.startsWith('/api/') ? url : API + url;
}

async function parse(response: Response): Promise<unknown> {
  if (response.status === 204 || response.status === 304) return undefined;
  const text = await response.text();
  if (text === '') return undefined;
  if (!/json/.test(response.headers.get('Content-Type') ?? '')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function note(body: unknown, response: Response, sent: number): void {
  const now = Date.now();
  const precise = (body as { server_now?: unknown } | undefined)?.server_now;
  if (typeof precise === 'string') return noteServerTime(Date.parse(precise), sent, now, true);
  const date = response.headers.get('Date');
  if (date) noteServerTime(Date.parse(date), sent, now, false);
}

function toProblem(body: unknown, response: Response): ProblemError {
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : undefined;
  if (typeof body === 'object' && body !== null && typeof (body as ProblemBody).reason === 'string') {
    return new ProblemError({ ...(body as ProblemBody), status: response.status }, retryAfter);
  }
  const gone = response.status === 502 || response.status === 503 || response.status === 504;
  return new ProblemError(
    {
      status: response.status,
      reason: gone ? 'server.unavailable' : 'server.unexpected',
      messages: gone
        ? {
            'zh-CN': '服务暂时不可用，请稍后再试。',
            en: 'The service is not available now. Please try again.',
          }
        : { 'zh-CN': '服务器没有给出可读的答复。', en: 'The server gave no readable answer.' },
    },
    retryAfter,
  );
}

function networkError(error: unknown, timedOut: boolean): NetworkError {
  if (timedOut) return new NetworkError('timeout', error);
  return new NetworkError(navigator.onLine === false ? 'offline' : 'unreachable', error);
}

type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** `/people` + {q: '李', unit_id: undefined} → `/people?q=%E6%9D%8E`. Empty values are left out. */
export function withQuery(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value)) value.forEach((one: string) => params.append(key, one));
    else params.set(key, String(value));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

type Extra = Omit<RequestOptions, 'method' | 'body'>;

/** The five verbs with JSON bodies, for hand-written calls. */
export const http = {
  get: <T>(url: string, extra?: Extra) => request<T>(url, extra),
  post: <T>(url: string, body?: unknown, extra?: Extra) => withBody<T>('POST', url, body, extra),
  put: <T>(url: string, body?: unknown, extra?: Extra) => withBody<T>('PUT', url, body, extra),
  patch: <T>(url: string, body?: unknown, extra?: Extra) => withBody<T>('PATCH', url, body, extra),
  delete: <T = void>(url: string, extra?: Extra) => request<T>(url, { ...extra, method: 'DELETE' }),
  /** Sends a file as it is. */
  bytes: <T>(method: 'POST' | 'PUT', url: string, file: Blob, extra?: Extra) =>
    request<T>(url, { timeoutMs: 120_000, ...extra, method, body: file }),
};

function withBody<T>(method: string, url: string, body: unknown, extra?: Extra): Promise<T> {
  return request<T>(url, { ...extra, method, body: body === undefined ? null : JSON.stringify(body) });
}

/** One page of any list. */
export interface Page<T> {
  items: T[];
  next_page_token?: string;
  /** Rows the filter takes, where the server counts them. */
  total?: number;
}
