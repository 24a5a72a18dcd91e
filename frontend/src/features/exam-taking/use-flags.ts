import { useCallback, useState } from 'react';
import { recall, remember } from '@/lib/storage';

/** Questions marked to come back to; kept on this device only. */
export function useFlags(attemptId: string): [ReadonlySet<string>, (item: string) => void] {
  const key = `exam.flags.${attemptId}`;
  const [flags, setFlags] = useState<ReadonlySet<string>>(() => new Set(recall<string[]>(key, [])));
  const toggle = useCallback(
    (item: string) =>
      setFlags((before) => {
        const next = new Set(before);
        if (!next.delete(item)) next.add(item);
        remember(key, [...next]);
        return next;
      }),
    [key],
  );
  return [flags, toggle];
}

export type Layout = 'single' | 'all';

/** One question at a time or all on one page; the choice is remembered. */
export function useLayout(): [Layout, (layout: Layout) => void] {
  const [layout, setLayout] = useState<Layout>(() =>
    recall<string>('exam.layout', 'single') === 'all' ? 'all' : 'single',
  );
  const choose = useCallback((next: Layout) => {
    remember('exam.layout', next);
    setLayout(next);
  }, []);
  return [layout, choose];
}
