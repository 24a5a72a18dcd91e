import { language } from './language';

export type Messages = Partial<Record<'zh-CN' | 'en', string>>;

/** One wrong field of a request. `location` is a path such as `body.options[2].text`. */
export interface FieldProblem {
  location: string;
  reason: string;
  messages?: Messages;
  message?: string;
}

/** RFC 9457 problem as the server sends it. */
export interface ProblemBody {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  reason: string;
  params?: Record<string, unknown>;
  messages?: Messages;
  errors?: FieldProblem[];
  request_id?: string;
  server_now?: string;
}

function text(messages: Messages | undefined, fallback: string): string {
  return messages?.[language()] ?? messages?.['zh-CN'] ?? messages?.en ?? fallback;
}

/** A request that the server refused, with a stable reason and a text in the page's language. */
export class ProblemError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly params: Record<string, unknown>;
  readonly messages: Messages;
  readonly fields: FieldProblem[];
  readonly requestId: string | undefined;
  /** Seconds after which to try again, when the server says so (429, 503). */
  readonly retryAfterS: number | undefined;

  constructor(body: ProblemBody, retryAfterS?: number) {
    super(body.reason);
    this.name = 'ProblemError';
    this.status = body.status;
    this.reason = body.reason;
    this.params = body.params ?? {};
    this.messages = body.messages ?? {};
    this.fields = body.errors ?? [];
    this.requestId = body.request_id;
    this.retryAfterS = retryAfterS;
  }

  /** What to tell the person. */
  get text(): string {
    return text(this.messages, this.message);
  }

  /** The text for one field (`title`, `options[2].text`), without the `body.` the server puts before it. */
  field(name: string): string | undefined {
    const found = this.fields.find((field) => fieldName(field.location) === name);
    return found && fieldText(found);
  }
}

/** `body.options[2].text` → `options[2].text`. */
export function fieldName(location: string): string {
  return location.replace(/^body\.?/, '');
}

export function fieldText(field: FieldProblem): string {
  return text(field.messages, field.message ?? field.reason);
}

/** The request never got an answer: no network, or no answer in time. Nothing is known about its effect. */
export class NetworkError extends Error {
  readonly kind: 'offline' | 'unreachable' | 'timeout';

  constructor(kind: 'offline' | 'unreachable' | 'timeout', cause?: unknown) {
    super(`network.${kind}`, { cause });
    this.name = 'NetworkError';
    this.kind = kind;
  }
}

export function isProblem(error: unknown, reason?: string): error is ProblemError {
  return error instanceof ProblemError && (reason === undefined || error.reason === reason);
}

export function isNetwork(error: unknown): error is NetworkError {
  return error instanceof NetworkError;
}
