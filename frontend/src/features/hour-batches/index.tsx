import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Dotted } from '@/components/ui/dotted';
import { PageHeader } from '@/components/ui/page-header';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { useUrlState } from '@/lib/url-state';
import { batchKeys, loadBatches, sheetHref, type Batch } from './api/batches';
import { BatchDrawer } from './batch-drawer';
import { dates } from './dates';
import { BatchState, batchStates } from './state';

/** Hours of offline training: who filed what for whom, and where it stands. */
export default function HourBatches() {
  const t = useT('hour-batches', 'ui');
  const navigate = useNavigate();
  const session = useSession();
  const [url] = useUrlState();
  const [adding, setAdding] = useState(false);
  const columns: Column<Batch>[] = [
    {
      key: 'title',
      title: t('hour-batches:column.title'),
      always: true,
      render: (batch) => (
        <div>
          <AppLink to={paths.staffHourBatch(batch.id)}>
            <b>{batch.title}</b>
          </AppLink>
          <div className="xs">
            <Dotted parts={[batch.document_no, batch.organiser]} />
          </div>
        </div>
      ),
    },
    {
      key: 'dates',
      title: t('hour-batches:column.dates'),
      render: (batch) => <span className="num">{dates(batch)}</span>,
    },
    {
      key: 'people',
      title: t('hour-batches:column.people'),
      align: 'end',
      render: (batch) => batch.person_count,
    },
    {
      key: 'hours',
      title: t('hour-batches:column.hours'),
      align: 'end',
      render: (batch) => formatHours(batch.total_centi),
    },
    { key: 'by', title: t('hour-batches:column.by'), render: (batch) => batch.filed_by_name },
    {
      key: 'created',
      title: t('hour-batches:column.created'),
      render: (batch) => whenText(batch.filed_at ?? batch.created_at),
    },
    {
      key: 'state',
      side: true,
      title: t('hour-batches:column.state'),
      render: (batch) => <BatchState state={batch.state} />,
    },
  ];
  return (
    <>
      <PageHeader
        title={t('hour-batches:title')}
        detail={t('hour-batches:detail')}
        actions={
          <>
            <Button small onClick={() => location.assign(sheetHref(url))}>
              {t('ui:table.export')}
            </Button>
            {can(session, [permissions.staff.hoursFile]) && (
              <Button small kind="primary" onClick={() => setAdding(true)} data-testid="batch-add">
                {t('hour-batches:add')}
              </Button>
            )}
          </>
        }
      />
      <DataTable<Batch>
        name="hour-batches"
        label={t('hour-batches:title')}
        queryKey={batchKeys.list()}
        load={loadBatches}
        columns={columns}
        rowKey={(batch) => batch.id}
        rowTo={(batch) => paths.staffHourBatch(batch.id)}
        filters={[
          { kind: 'search', key: 'q', label: t('hour-batches:search') },
          {
            kind: 'multi',
            key: 'state',
            label: t('hour-batches:column.state'),
            options: batchStates.map((state) => ({ value: state, label: t(`hour-batches:state.${state}`) })),
          },
        ]}
        empty={{ title: t('hour-batches:empty.title'), text: t('hour-batches:empty.text') }}
      />
      {adding && (
        <BatchDrawer
          onClose={() => setAdding(false)}
          onSaved={(id) => void navigate({ to: paths.staffHourBatch(id) })}
        />
      )}
    </>
  );
}
