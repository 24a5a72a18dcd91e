import { dateStart } from '@/lib/time';

const keys = ['action', 'actor', 'subject', 'person', 'unit_id', 'request_id', 'text'] as const;

/** The filter of the URL as the server wants it: the civil days, both included, as instants. */
export function auditFilter(url: Record<string, string | undefined>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const key of keys) {
    const value = url[key];
    if (value) out[key] = value;
  }
  if (url.from) out.from = new Date(dateStart(url.from)).toISOString();
  if (url.to) out.to = new Date(dateStart(url.to) + 86_400_000).toISOString();
  return out;
}
