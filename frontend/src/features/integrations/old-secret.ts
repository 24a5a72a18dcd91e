import { serverNow } from '@/lib/clock';

/** The end of an exchanged secret, while it is still to come. */
export function living(until: string | null | undefined): string | undefined {
  return until && Date.parse(until) > serverNow() ? until : undefined;
}
