import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { PersonName } from '@/components/ui/person-name';
import { Tag } from '@/components/ui/tag';
import { personKinds, posts, ranks, stages, statuses } from '@/lib/org';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { unitsQuery } from '@/lib/units';
import { countPeople, loadPeople, peopleKeys, type PersonRow } from './api/people';
import { BulkDrawer } from './bulk-drawer';
import { ExportDrawer } from './export-drawer';
import { ListTools } from './list-tools';
import { NewPersonDrawer } from './new-person-drawer';

/** Everyone within the reader's scope: find, filter, open, add. */
export default function People() {
  const t = useT('people', 'common', 'ui');
  const session = useSession();
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  const [adding, setAdding] = useState(false);
  const [exporting, setExporting] = useState(false);
  const [bulk, setBulk] = useState<{ ids: string[]; clear: () => void }>();
  const manages = can(session, [permissions.staff.peopleManage]);
  const columns: Column<PersonRow>[] = [
    {
      key: 'name',
      title: t('people:column.name'),
      always: true,
      render: (person) => (
        <div>
          <AppLink to={paths.staffPerson(person.id)}>
            <PersonName name={person.name} strong />
          </AppLink>
          <div className="xs num">{person.number}</div>
        </div>
      ),
    },
    { key: 'party', title: t('people:column.party'), render: (person) => person.party_unit_name || '—' },
    { key: 'admin', title: t('people:column.admin'), render: (person) => person.admin_unit_name || '—' },
    {
      key: 'stage',
      title: t('people:column.stage'),
      width: 130,
      render: (person) => (person.stage ? t(`common:stage.${person.stage}`) : '—'),
    },
    {
      key: 'rank',
      title: t('people:column.rank'),
      width: 100,
      render: (person) => (person.rank ? t(`common:rank.${person.rank}`) : '—'),
    },
    {
      key: 'kind',
      side: true,
      title: t('people:column.kind'),
      width: 90,
      render: (person) => <Tag>{t(`common:kind.${person.kind}`)}</Tag>,
    },
  ];
  return (
    <>
      <PageHeader
        title={t('people:title')}
        detail={t('people:detail')}
        actions={
          <>
            {can(session, [permissions.staff.corrections]) && (
              <AppLink to={paths.staffCorrections()}>{t('people:corrections.title')}</AppLink>
            )}
            {manages && <AppLink to={paths.staffDuplicates()}>{t('people:duplicates.title')}</AppLink>}
            {manages && <AppLink to={paths.staffErasures()}>{t('people:erasure.list')}</AppLink>}
            {manages && (
              <Button small onClick={() => setBulk({ ids: [], clear: () => undefined })}>
                {t('people:bulk.all')}
              </Button>
            )}
            {manages && (
              <Button kind="primary" small onClick={() => setAdding(true)}>
                {t('people:add')}
              </Button>
            )}
          </>
        }
      />
      <DataTable<PersonRow>
        name="people"
        label={t('people:title')}
        queryKey={peopleKeys.list()}
        load={loadPeople}
        count={countPeople}
        columns={columns}
        rowKey={(person) => person.id}
        rowTo={(person) => paths.staffPerson(person.id)}
        filters={[
          { kind: 'search', key: 'q', label: t('people:search') },
          {
            kind: 'tree',
            key: 'unit_id',
            label: t('people:unit'),
            rows: [...(party.data ?? []), ...(admin.data ?? [])],
          },
          {
            kind: 'select',
            key: 'stage',
            label: t('people:column.stage'),
            options: stages.map((stage) => ({ value: stage, label: t(`common:stage.${stage}`) })),
          },
          {
            kind: 'select',
            key: 'rank',
            label: t('people:column.rank'),
            options: ranks.map((rank) => ({ value: rank, label: t(`common:rank.${rank}`) })),
          },
          {
            kind: 'select',
            key: 'post',
            label: t('people:column.post'),
            options: posts.map((post) => ({ value: post, label: t(`common:post.${post}`) })),
          },
          {
            kind: 'select',
            key: 'status',
            label: t('people:column.status'),
            options: statuses.map((status) => ({ value: status, label: t(`common:status.${status}`) })),
          },
          {
            kind: 'select',
            key: 'kind',
            label: t('people:column.kind'),
            options: personKinds.map((kind) => ({ value: kind, label: t(`common:kind.${kind}`) })),
          },
        ]}
        tools={<ListTools />}
        onExport={() => setExporting(true)}
        bulk={
          manages
            ? (rows, clear) => (
                <Button small onClick={() => setBulk({ ids: rows.map((row) => row.id), clear })}>
                  {t('people:bulk.change')}
                </Button>
              )
            : undefined
        }
        empty={{ title: t('people:empty') }}
      />
      {bulk && (
        <BulkDrawer
          ids={bulk.ids}
          onClose={() => {
            bulk.clear();
            setBulk(undefined);
          }}
        />
      )}
      {exporting && <ExportDrawer onClose={() => setExporting(false)} />}
      <NewPersonDrawer open={adding} onClose={() => setAdding(false)} />
    </>
  );
}
