import { AppLink } from '@/components/ui/app-link';
import { NumberWithBar } from '@/components/ui/bar';
import { Card, Section } from '@/components/ui/card';
import type { Column } from '@/components/ui/desk/data-table';
import { RecordTable } from '@/components/ui/desk/record-table';
import { Empty } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { formatPoints, group } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import type { Preview } from '../api/amends';
import page from '../exam-authoring.module.css';
import styles from './regrade.module.css';

/** A dry run: how many change, who crosses the pass mark, the scores before and after. */
export function RegradePreview({ preview }: { preview: Preview }) {
  const t = useT('exam-amend');
  const points = (milli: number) => formatPoints(Math.round(milli / 100) * 100);
  return (
    <Section title={t('exam-amend:regrade.result')}>
      <div className="stack" data-testid="preview">
        <div className={page.tiles}>
          <Card>
            <NumberWithBar
              title={t('exam-amend:regrade.tile.changed')}
              value={group(preview.changed)}
              note={
                <span className="xs">
                  {t('exam-amend:regrade.updown', { up: preview.up, down: preview.down })}
                </span>
              }
              bar={{
                value: preview.changed,
                max: Math.max(1, preview.attempts),
                label: t('exam-amend:regrade.tile.changed'),
              }}
            />
          </Card>
          <Card>
            <NumberWithBar title={t('exam-amend:regrade.tile.toPass')} value={group(preview.to_pass)} />
          </Card>
          <Card>
            <NumberWithBar title={t('exam-amend:regrade.tile.toFail')} value={group(preview.to_fail)} />
          </Card>
          <Card>
            <NumberWithBar
              title={t('exam-amend:regrade.tile.average')}
              value={points(preview.average_after_milli)}
              note={
                <span className="xs">
                  {t('exam-amend:regrade.from', { value: points(preview.average_before_milli) })}
                </span>
              }
            />
          </Card>
        </div>
        {(preview.total_before_milli !== preview.total_after_milli ||
          preview.pass_before_milli !== preview.pass_after_milli) && (
          <p className="s">
            {t('exam-amend:regrade.total', {
              before: formatPoints(preview.total_before_milli),
              after: formatPoints(preview.total_after_milli),
              passBefore: formatPoints(preview.pass_before_milli),
              passAfter: formatPoints(preview.pass_after_milli),
            })}
          </p>
        )}
        <Card>
          <Histogram before={preview.before} after={preview.after} />
        </Card>
        {preview.changed === 0 ? (
          <Card pad={false}>
            <Empty compact icon="check" title={t('exam-amend:regrade.nothing')} />
          </Card>
        ) : (
          <Changed preview={preview} />
        )}
      </div>
    </Section>
  );
}

function Histogram({ before, after }: { before: number[]; after: number[] }) {
  const t = useT('exam-amend');
  const most = Math.max(1, ...before, ...after);
  return (
    <figure className={styles.histogram}>
      <figcaption className="row between wrap">
        <b>{t('exam-amend:regrade.histogram')}</b>
        <span className="row xs" style={{ gap: 12 }}>
          <span>
            <i className={styles.keyBefore} /> {t('exam-amend:regrade.before')}
          </span>
          <span>
            <i className={styles.keyAfter} /> {t('exam-amend:regrade.after')}
          </span>
        </span>
      </figcaption>
      <ol>
        {before.map((count, tenth) => (
          <li key={tenth}>
            <span
              className={styles.columns}
              role="img"
              aria-label={t('exam-amend:regrade.histogramLabel', {
                from: tenth * 10,
                to: tenth * 10 + 10,
                before: count,
                after: after[tenth] ?? 0,
              })}
            >
              <i className={styles.barBefore} style={{ height: `${(count * 100) / most}%` }} />
              <i className={styles.barAfter} style={{ height: `${((after[tenth] ?? 0) * 100) / most}%` }} />
            </span>
            <span className="xs num" aria-hidden="true">
              {tenth * 10}
            </span>
          </li>
        ))}
      </ol>
    </figure>
  );
}

function Changed({ preview }: { preview: Preview }) {
  const t = useT('exam-amend', 'exam-authoring');
  const { rows, changed } = preview;
  const columns: Column<Preview['rows'][number]>[] = [
    {
      key: 'name',
      title: t('exam-authoring:result.name'),
      render: (row) =>
        row.person_name ? (
          <AppLink to={paths.staffAttempt(row.attempt_id)}>
            {row.person_name} <span className="xs num">{row.person_number}</span>
          </AppLink>
        ) : (
          <span className="xs">{t('exam-amend:regrade.hidden')}</span>
        ),
    },
    {
      key: 'before',
      title: t('exam-amend:regrade.before'),
      align: 'end',
      render: (row) => <span className="num">{formatPoints(row.before_milli)}</span>,
    },
    {
      key: 'after',
      title: t('exam-amend:regrade.after'),
      align: 'end',
      render: (row) => <b className="num">{formatPoints(row.after_milli)}</b>,
    },
    {
      key: 'passed',
      title: t('exam-authoring:result.passed'),
      side: true,
      render: (row) =>
        row.before_passed === row.after_passed ? (
          <Tag>{t(row.after_passed ? 'exam-authoring:result.yes' : 'exam-authoring:result.no')}</Tag>
        ) : (
          <Tag tone={row.after_passed ? 'ok' : 'accent'}>
            {t(row.after_passed ? 'exam-amend:regrade.tile.toPass' : 'exam-amend:regrade.tile.toFail')}
          </Tag>
        ),
    },
  ];
  return (
    <Section
      title={
        rows.length < changed
          ? t('exam-amend:regrade.rowsFirst', { count: rows.length, all: changed })
          : t('exam-amend:regrade.rows')
      }
    >
      <Card pad={false}>
        <RecordTable
          label={t('exam-amend:regrade.rows')}
          maxHeight={480}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.attempt_id}
          testId="changed-row"
        />
      </Card>
    </Section>
  );
}
