import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, buttonClass } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { FormProblem } from '@/components/ui/form-problem';
import { JobProgress } from '@/components/ui/job-progress';
import { formatBytes } from '@/lib/bytes';
import { http, type Page } from '@/lib/http';
import { useT } from '@/lib/t';
import { momentText, stamp } from '@/lib/time';

interface Archive {
  id: string;
  kind: string;
  state: 'queued' | 'running' | 'ready' | 'failed' | 'expired';
  progress: number;
  size: number;
  file_url: string;
  file_name: string;
  created_at: string;
  expires_at?: string | null;
}

const key = ['me', 'data', 'archives'];
const states = {
  queued: 'waiting',
  running: 'running',
  ready: 'done',
  failed: 'failed',
  expired: 'failed',
} as const;
const open = (one: Archive) => one.state === 'queued' || one.state === 'running';

/** Everything that is held of me, as one file: ordered here, made in the background, gone after seven days. */
export function ArchiveSection() {
  const t = useT('me');
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => http.get<Page<Archive>>('/exports', { signal }),
    select: (page) => page.items.filter((one) => one.kind === 'person_zip').slice(0, 3),
    refetchInterval: (query) => (query.state.data?.items.some(open) ? 1000 : false),
  });
  const order = useMutation({
    mutationFn: () => http.post('/me/data-exports'),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
  return (
    <Section title={t('me:archive.title')}>
      <Card className="stack">
        <div className="s">{t('me:archive.text')}</div>
        <FormProblem error={order.error} />
        <div>
          <Button small busy={order.isPending} disabled={data?.some(open)} onClick={() => order.mutate()}>
            {t('me:archive.order')}
          </Button>
        </div>
        {data?.map((one) => (
          <JobProgress
            key={one.id}
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
                  {t('me:archive.download')}
                </a>
              )
            }
          />
        ))}
      </Card>
    </Section>
  );

  function detail(one: Archive): string {
    if (one.state === 'failed') return t('me:archive.failed');
    if (one.state === 'expired') return t('me:archive.expired');
    const until = one.expires_at ? t('me:archive.until', { when: momentText(one.expires_at) }) : '';
    return [stamp(one.created_at), one.size > 0 && formatBytes(one.size), until].filter(Boolean).join(' · ');
  }
}
