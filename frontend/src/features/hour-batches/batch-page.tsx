import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import type { Column } from '@/components/ui/desk/data-table';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { RecordTable } from '@/components/ui/desk/record-table';
import { Dotted } from '@/components/ui/dotted';
import { Notice, StateView } from '@/components/ui/state-view';
import type { TimelineItem } from '@/components/ui/timeline';
import { toast } from '@/components/ui/toast';
import { formatBytes } from '@/lib/bytes';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT, type Say } from '@/lib/t';
import { batchQuery, useBatchVerb, type Batch, type Verb } from './api/batches';
import { BatchDrawer } from './batch-drawer';
import { dates } from './dates';
import { BatchState } from './state';
import styles from './hour-batches.module.css';

/** One batch: its document, its people, who filed and who decided, and what may be done now. */
export default function HourBatchPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(batchQuery(id));
  return <StateView query={query}>{(batch) => <BatchView batch={batch} />}</StateView>;
}

function BatchView({ batch }: { batch: Batch }) {
  const t = useT('hour-batches', 'hours', 'common', 'ui');
  const [asking, setAsking] = useState<Verb>();
  const [editing, setEditing] = useState(false);
  const deed = useBatchVerb(batch);
  const verbs = useVerbs(batch);
  const open = batch.state === 'draft' || batch.state === 'rejected';
  const roster: Column<NonNullable<Batch['people']>[number]>[] = [
    {
      key: 'name',
      title: t('hour-batches:roster.name'),
      render: (person) => (
        <span className="row wrap" style={{ gap: '0 8px' }}>
          <b>{person.name}</b>
          <span className="xs num">{person.number}</span>
        </span>
      ),
    },
    { key: 'unit', title: t('hour-batches:roster.unit'), render: (person) => person.unit_name || '—' },
    {
      key: 'hours',
      title: t('hour-batches:column.hours'),
      align: 'end',
      render: (person) =>
        person.event_id && verbs.mayAudit ? (
          <AppLink to={paths.staffHoursEvent(person.event_id)} className={`${styles.link} num`}>
            {formatHours(person.amount_centi)}
          </AppLink>
        ) : (
          <span className="num">{formatHours(person.amount_centi)}</span>
        ),
    },
  ];
  return (
    <DetailPage
      title={batch.title}
      detail={<Dotted parts={[batch.document_no, batch.organiser]} />}
      tags={<BatchState state={batch.state} />}
      actions={
        <>
          {open && verbs.mine && (
            <Button small onClick={() => setEditing(true)}>
              {t('hour-batches:edit')}
            </Button>
          )}
          {verbs.list.map((verb) => (
            <Button
              key={verb}
              small
              kind={
                verb === 'submit' || verb === 'approve' ? 'primary' : verb === 'reverse' ? 'danger' : 'plain'
              }
              onClick={() => setAsking(verb)}
              data-testid={`batch-${verb}`}
            >
              {t(`hour-batches:verb.${verb}`)}
            </Button>
          ))}
        </>
      }
      facts={[
        { label: t('hour-batches:column.dates'), value: dates(batch) },
        { label: t('hour-batches:field.source'), value: t(`hours:source.${batch.source}`) },
        {
          label: t('hour-batches:field.required'),
          value: t(batch.required ? 'common:required' : 'common:elective'),
        },
        {
          label: t('hour-batches:column.people'),
          value: t('hour-batches:sum', { count: batch.person_count, hours: formatHours(batch.total_centi) }),
        },
        { label: t('hour-batches:field.documentOn'), value: batch.document_on },
        {
          label: t('hour-batches:field.file'),
          value: batch.file ? (
            <a
              href={batch.file.url}
              download={batch.file.name}
              className={styles.link}
              data-testid="batch-file"
            >
              {batch.file.name} ({formatBytes(batch.file.size)})
            </a>
          ) : (
            t('hour-batches:noFile')
          ),
        },
      ]}
      timeline={history(batch, t)}
    >
      {batch.reason && batch.state !== 'approved' && (
        <Notice tone="warn" icon="alert">
          {t('hour-batches:reason', { reason: batch.reason })}
        </Notice>
      )}
      {batch.state === 'filed' && verbs.why && <Notice icon="alert">{verbs.why}</Notice>}
      {batch.note && <Notice>{batch.note}</Notice>}
      <Section title={t('hour-batches:column.people')}>
        <Card pad={false}>
          <RecordTable
            label={t('hour-batches:column.people')}
            columns={roster}
            rows={batch.people ?? []}
            rowKey={(person) => person.person_id}
          />
        </Card>
      </Section>
      {editing && <BatchDrawer batch={batch} onClose={() => setEditing(false)} />}
      {asking && (
        <ConfirmWithReason
          open
          title={t(`hour-batches:ask.${asking}.title`)}
          verb={t(`hour-batches:verb.${asking}`)}
          withReason={asking !== 'submit' && asking !== 'approve'}
          onClose={() => setAsking(undefined)}
          onConfirm={(reason) =>
            deed.mutateAsync({ verb: asking, reason }).then(() => toast(t(`hour-batches:ask.${asking}.done`)))
          }
        >
          {t(`hour-batches:ask.${asking}.text`, {
            count: batch.person_count,
            hours: formatHours(batch.total_centi),
          })}
        </ConfirmWithReason>
      )}
    </DetailPage>
  );
}

/** What the person may do with the batch, and why not what one would expect. */
function useVerbs(batch: Batch) {
  const t = useT('hour-batches');
  const session = useSession();
  const { staff } = permissions;
  const mine = batch.filed_by === session.person.id;
  const listed = (batch.people ?? []).some((person) => person.person_id === session.person.id);
  const decides = can(session, [staff.hoursAdjust]);
  const list: Verb[] = [];
  const { state } = batch;
  if (mine && (state === 'draft' || state === 'rejected')) list.push('submit');
  if (decides && !mine && !listed && state === 'filed') list.push('approve', 'reject');
  if (mine && (state === 'draft' || state === 'filed' || state === 'rejected')) list.push('withdraw');
  if (decides && !listed && state === 'approved') list.push('reverse');
  const why =
    decides && mine ? t('hour-batches:twoPersons') : decides && listed ? t('hour-batches:listed') : undefined;
  return { list, mine, why, mayAudit: can(session, [staff.hoursAudit]) };
}

function history(batch: Batch, t: Say): TimelineItem[] {
  const at = (key: string, when: string | undefined, title: string) =>
    when ? [{ key, at: when, title }] : [];
  return [
    ...at('created', batch.created_at, t('hour-batches:history.created', { name: batch.filed_by_name })),
    ...at('filed', batch.filed_at, t('hour-batches:history.filed', { name: batch.filed_by_name })),
    ...at(
      'decided',
      batch.decided_at,
      t(batch.state === 'rejected' ? 'hour-batches:history.rejected' : 'hour-batches:history.approved', {
        name: batch.decided_by_name,
      }),
    ),
    ...at(
      'ended',
      batch.ended_at,
      t(batch.state === 'reversed' ? 'hour-batches:history.reversed' : 'hour-batches:history.withdrawn', {
        name: batch.ended_by_name,
      }),
    ),
  ];
}
