import { isProblem } from '@/lib/problem';

const PASSING = new Set([401, 408, 425, 429]);

/** The server has answered and will not answer differently; what got no answer is never final. */
export function isFinal(error: unknown): boolean {
  return isProblem(error) && error.status < 500 && !PASSING.has(error.status);
}
