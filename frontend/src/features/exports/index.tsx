import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, ButtonLink, buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { JobProgress } from '@/components/ui/job-progress';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, ErrorState, SkeletonLines } from '@/components/ui/state-view';
import { formatBytes } from '@/lib/bytes';
import { group } from '@/lib/hours';
import { http, withQuery, type Page } from '@/lib/http';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { momentText, stamp } from '@/lib/time';

interface Export {
  id: string;
  kind: string;
  filter: { year?: number; q?: string; state?: string };
  reason: string;
  state: 'queued' | 'running' | 'ready' | 'failed' | 'expired';
  /** Percent. */
  progress: number;
  row_count: number;
  size: number;
  file_url: string;
  file_name: string;
  created_at: string;
  expires_at?: string | null;
}

const states = {
  queued: 'waiting',
  running: 'running',
  ready: 'done',
  failed: 'failed',
  expired: 'failed',
} as const;
const open = (one: Export) => one.state === 'queued' || one.state === 'running';

/** The workbooks one has asked for; each goes on by itself and waits here until it is fetched or expires. */
export default function Exports() {
  const t = useT('exports', 'ui');
  const query = useInfiniteQuery({
    queryKey: ['exports'],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<Export>>(withQuery('/exports', { page_token: pageParam }), { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    refetchInterval: (state) =>
      state.state.data?.pages.some((page) => page.items.some(open)) ? 1000 : false,
  });
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <PageHeader title={t('exports:title')} detail={t('exports:detail')} />
      <div className="stack">
        {items === undefined ? (
          query.isError ? (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <SkeletonLines />
          )
        ) : items.length === 0 ? (
          <Card>
            <Empty
              title={t('exports:empty.title')}
              action={<ButtonLink to={paths.staffHours()}>{t('exports:empty.go')}</ButtonLink>}
            >
              {t('exports:empty.text')}
            </Empty>
          </Card>
        ) : (
          <ul className="stack">
            {items.map((one) => (
              <li key={one.id} data-testid="export">
                <JobProgress
                  title={one.file_name}
                  label={one.file_name}
                  percent={one.progress}
                  state={states[one.state]}
                  detail={detail(one)}
                  actions={
                    one.state === 'ready' && (
                      <a
                        className={buttonClass({ small: true, kind: 'primary' })}
                        href={one.file_url}
                        download={one.file_name}
                      >
                        {t('exports:download')}
                      </a>
                    )
                  }
                />
              </li>
            ))}
          </ul>
        )}
        {query.hasNextPage && (
          <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('ui:table.more')}
          </Button>
        )}
      </div>
    </>
  );

  function detail(one: Export): string {
    const asked = t('exports:asked', { when: stamp(one.created_at), reason: one.reason });
    if (one.state === 'failed') return `${asked} · ${t('exports:failed')}`;
    if (one.state === 'expired') return `${asked} · ${t('exports:expired')}`;
    if (one.state !== 'ready') return asked;
    const size = t('exports:size', { rows: group(one.row_count), size: formatBytes(one.size) });
    const until = one.expires_at ? t('exports:until', { when: momentText(one.expires_at) }) : '';
    return [asked, size, until].filter(Boolean).join(' · ');
  }
}
