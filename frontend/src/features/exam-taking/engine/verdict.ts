import { isProblem } from '@/lib/problem';

export type Verdict = 'retry' | 'taken_over' | 'closed' | 'signed_out' | 'refused';

const PASSING = new Set([408, 423, 425, 429]);

/**
 * What a failed request means for what was in it.
 *
 * Everything that may have been a fault of the way (no answer, time-out, 5xx,
 * 429) is tried again with the same op ids: the server takes each id once.
 */
export function verdictOf(error: unknown): Verdict {
  if (!isProblem(error)) return 'retry';
  if (error.reason === 'exam.taken_over') return 'taken_over';
  if (error.reason === 'exam.attempt_not_open') return 'closed';
  if (error.status === 401) return 'signed_out';
  if (error.status >= 500 || PASSING.has(error.status)) return 'retry';
  return 'refused';
}
