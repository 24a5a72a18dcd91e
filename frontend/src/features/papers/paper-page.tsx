import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { FormProblem } from '@/components/ui/form-problem';
import { Empty, Notice, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { formatPoints } from '@/lib/hours';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { banksQuery, paperQuery, useDraw, type Draw, type Paper } from './api/papers';
import { PaperDrawer } from './paper-drawer';
import styles from './papers.module.css';

/** One paper: its rules, what it gives now, and what is missing. */
export default function PaperPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(paperQuery(id));
  return <StateView query={query}>{(paper) => <PaperDetail key={paper.version} paper={paper} />}</StateView>;
}

function PaperDetail({ paper }: { paper: Paper }) {
  const t = useT('papers', 'ui');
  const [editing, setEditing] = useState(false);
  const draw = useDraw(paper.id);
  const shown = draw.data ?? paper.draw;
  const fresh = draw.data !== undefined && draw.data.seed !== paper.draw?.seed;
  return (
    <DetailPage
      title={paper.title}
      tags={<Tag>{t(`papers:mode.${paper.mode}`)}</Tag>}
      facts={[
        { label: t('papers:column.count'), value: String(shown?.question_count ?? paper.question_count) },
        { label: t('papers:total'), value: shown ? formatPoints(shown.total_milli) : '—' },
        { label: t('papers:field.partial'), value: t(`papers:partial.${paper.partial}`) },
        { label: t('papers:column.used'), value: String(paper.used_by) },
        { label: t('papers:column.updated'), value: whenText(paper.updated_at) },
      ]}
      actions={
        <>
          <Button small onClick={() => setEditing(true)}>
            {t('papers:edit')}
          </Button>
          {paper.mode === 'blueprint' && (
            <Button small busy={draw.isPending} onClick={() => draw.mutate({})}>
              {t('papers:draw.again')}
            </Button>
          )}
          {fresh && draw.data && (
            <Button
              small
              kind="primary"
              busy={draw.isPending}
              onClick={() =>
                draw.mutate(
                  { seed: draw.data.seed, keep: true },
                  { onSuccess: () => toast(t('papers:draw.kept')) },
                )
              }
            >
              {t('papers:draw.keep')}
            </Button>
          )}
        </>
      }
    >
      <FormProblem error={draw.error} />
      {fresh && <Notice tone="warn">{t('papers:draw.fresh')}</Notice>}
      {shown && !shown.complete && (
        <Notice tone="accent" icon="alert" role="alert">
          {t('papers:draw.short')}
        </Notice>
      )}
      {paper.mode === 'blueprint' && shown && <Rows paper={paper} draw={shown} />}
      {shown && (
        <Section title={t('papers:questions', { count: shown.question_count })}>
          <Card pad={false}>
            {shown.items.length === 0 ? (
              <Empty compact title={t('papers:draw.nothing')} />
            ) : (
              <ol>
                {shown.items.map((item, at) => (
                  <li key={item.question_id} className={styles.item}>
                    <span className="xs num">{at + 1}</span>
                    <span>
                      <Tag>{t(`papers:kind.${item.kind as 'single'}`)}</Tag> {item.stem}
                      {item.state === 'retired' && (
                        <>
                          {' '}
                          <Tag tone="warn">{t('papers:retired')}</Tag>
                        </>
                      )}
                    </span>
                    <span className="num">
                      {t('papers:pointsOf', { points: formatPoints(item.points_milli) })}
                    </span>
                  </li>
                ))}
              </ol>
            )}
          </Card>
        </Section>
      )}
      {editing && <PaperDrawer paper={paper} onClose={() => setEditing(false)} />}
    </DetailPage>
  );
}

function Rows({ paper, draw }: { paper: Paper; draw: Draw }) {
  const t = useT('papers');
  const banks = useQuery(banksQuery);
  return (
    <Section title={t('papers:blueprint')}>
      <Card pad={false}>
        {paper.blueprint.map((row, at) => {
          const result = draw.rows[at];
          const parts = [
            banks.data?.find((bank) => bank.id === row.bank_id)?.name,
            row.kind && t(`papers:kind.${row.kind}`),
            row.tag,
          ].filter(Boolean);
          return (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no identity but their place
            <div key={at} className={styles.item}>
              <span className="xs num">{at + 1}</span>
              <span>{parts.join(' · ')}</span>
              <span className="num">
                {t('papers:row.result', { count: row.count, available: result?.available ?? 0 })}{' '}
                {result && result.short > 0 && (
                  <Tag tone="accent">{t('papers:row.short', { count: result.short })}</Tag>
                )}
              </span>
            </div>
          );
        })}
      </Card>
    </Section>
  );
}
