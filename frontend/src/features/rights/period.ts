import { useT } from '@/lib/t';

/** "2026-01-01 起" or "2026-01-01 至 2026-06-30": the last day is the day before `until`. */
export function usePeriodText(): (one: { from: string; until?: string }) => string {
  const t = useT('rights');
  return ({ from, until }) => {
    if (!until) return t('rights:grants.since', { from });
    const last = new Date(Date.parse(`${until}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
    return t('rights:grants.span', { from, to: last < from ? from : last });
  };
}
