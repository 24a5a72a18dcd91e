import type { HourOverviewBody } from '@/api/model/hourOverviewBody';
import type { HourPersonRowBody } from '@/api/model/hourPersonRowBody';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Bar, NumberWithBar } from '@/components/ui/bar';
import { Card } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import type { Filter } from '@/components/ui/desk/data-filters';
import { Select } from '@/components/ui/desk/select';
import { PageHeader } from '@/components/ui/page-header';
import { PersonName } from '@/components/ui/person-name';
import { Skeleton, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { formatHours, group, percent } from '@/lib/hours';
import { isStage, ranks, stages } from '@/lib/org';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { civilYear, dateStart, dayText, stamp } from '@/lib/time';
import { unitsQuery } from '@/lib/units';
import { useUrlState, type UrlState } from '@/lib/url-state';
import { hoursKeys, loadHours, overviewQuery, useExport } from './api/hours';
import { StateTag } from './words';
import styles from './hours-review.module.css';

/** The organisation department's desk: who must, who has, who will not, down to each hour's evidence. */
export default function HoursReview() {
  const t = useT('hours-review', 'common', 'ui');
  const [url, setUrl] = useUrlState();
  const overview = useQuery(overviewQuery(url));
  const [exporting, setExporting] = useState<UrlState>();
  const ask = useExport();
  const navigate = useNavigate();
  const year = url.year ?? String(civilYear());
  const filters = useFilters();
  return (
    <>
      <PageHeader
        title={t('hours-review:title')}
        detail={t('hours-review:asOf', { when: stamp(overview.data?.computed_at ?? serverNow()) })}
        actions={
          <Select
            label={t('hours-review:year')}
            value={year}
            width={120}
            options={years().map((one) => ({ value: one, label: t('hours-review:yearOf', { year: one }) }))}
            onChange={(next) => setUrl({ year: next })}
          />
        }
      />
      <div className="stack">
        <StateView query={overview} skeleton={<TilesSkeleton />}>
          {(data) => <Tiles data={data} current={url.state} onState={(state) => setUrl({ state })} />}
        </StateView>
        <DataTable<HourPersonRowBody>
          name="hours"
          label={t('hours-review:title')}
          queryKey={hoursKeys.list()}
          load={loadHours}
          columns={useColumns(year)}
          rowKey={(row) => row.person.id}
          rowTo={(row) => `${paths.staffHoursPerson(row.person.id)}?year=${year}`}
          filters={filters}
          onExport={setExporting}
          empty={{ title: t('hours-review:empty.title'), text: t('hours-review:empty.text') }}
        />
      </div>
      <ConfirmWithReason
        open={exporting !== undefined}
        title={t('hours-review:export.title')}
        verb={t('hours-review:export.verb')}
        withReason
        onClose={() => setExporting(undefined)}
        onConfirm={async (reason) => {
          await ask.mutateAsync({ filter: exporting ?? {}, reason });
          toast(t('hours-review:export.begun'));
          void navigate({ to: paths.staffExports() });
        }}
      >
        {t('hours-review:export.text')}
      </ConfirmWithReason>
    </>
  );
}

const years = () => [0, 1, 2, 3, 4].map((back) => String(civilYear() - back));

function useFilters(): Filter[] {
  const t = useT('hours-review', 'common');
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  return [
    { kind: 'search', key: 'q', label: t('hours-review:search') },
    {
      kind: 'tree',
      key: 'unit_id',
      label: t('hours-review:unit'),
      rows: [...(party.data ?? []), ...(admin.data ?? [])],
    },
    {
      kind: 'multi',
      key: 'stage',
      label: t('hours-review:column.stage'),
      options: stages.map((stage) => ({ value: stage, label: t(`common:stage.${stage}`) })),
    },
    {
      kind: 'multi',
      key: 'rank',
      label: t('hours-review:rank'),
      options: ranks.map((rank) => ({ value: rank, label: t(`common:rank.${rank}`) })),
    },
    {
      kind: 'select',
      key: 'state',
      label: t('hours-review:column.state'),
      options: (['done', 'short', 'near', 'late'] as const).map((state) => ({
        value: state,
        label: t(`hours-review:state.${state}`),
      })),
    },
  ];
}

function useColumns(year: string): Column<HourPersonRowBody>[] {
  const t = useT('hours-review', 'common');
  return [
    {
      key: 'name',
      title: t('hours-review:column.name'),
      sort: 'name',
      always: true,
      render: ({ person }) => (
        <div>
          <AppLink to={paths.staffHoursPerson(person.id)} search={{ year }}>
            <PersonName name={person.name} strong />
          </AppLink>
          <div className="xs num">{person.number}</div>
        </div>
      ),
    },
    {
      key: 'unit',
      title: t('hours-review:column.unit'),
      wrap: '12rem',
      render: ({ person }) => person.unit_name || '—',
    },
    {
      key: 'stage',
      title: t('hours-review:column.stage'),
      wrap: '6.5rem',
      render: ({ person }) => (isStage(person.stage) ? t(`common:stage.${person.stage}`) : '—'),
    },
    {
      key: 'policy',
      title: t('hours-review:column.policy'),
      extra: true,
      render: (row) => row.policy_name,
    },
    {
      key: 'required',
      title: t('hours-review:column.required'),
      align: 'end',
      sort: 'total',
      render: (row) => (
        <>
          {formatHours(row.required_centi)}
          {row.prorated && <span className="xs"> {t('hours-review:prorated')}</span>}
        </>
      ),
    },
    {
      key: 'counted',
      title: t('hours-review:column.counted'),
      align: 'end',
      sort: 'counted',
      render: (row) => formatHours(row.counted_centi),
    },
    {
      key: 'progress',
      title: t('hours-review:column.progress'),
      width: 112,
      wide: true,
      render: (row) => (
        <Bar
          value={row.counted_centi}
          max={row.required_centi}
          tone={row.state === 'done' ? 'ok' : 'accent'}
          label={`${percent(row.counted_centi, row.required_centi)}%`}
        />
      ),
    },
    {
      key: 'part',
      title: t('common:required'),
      align: 'end',
      render: ({ required_part: part }) =>
        part.required_centi > 0
          ? `${formatHours(part.counted_centi)} / ${formatHours(part.required_centi)}`
          : '—',
    },
    {
      key: 'short',
      title: t('hours-review:column.short'),
      align: 'end',
      sort: 'short',
      render: (row) => (row.shortfall_centi > 0 ? formatHours(row.shortfall_centi) : '—'),
    },
    {
      key: 'last',
      title: t('hours-review:column.last'),
      sort: 'last_on',
      render: (row) => (row.last_on ? dayText(dateStart(row.last_on)) : '—'),
    },
    {
      key: 'state',
      title: t('hours-review:column.state'),
      side: true,
      render: (row) => <StateTag state={row.state} />,
    },
  ];
}

interface TilesProps {
  data: HourOverviewBody;
  current: string | undefined;
  onState: (state: string | undefined) => void;
}

/** The four numbers; a press on one filters the table by it. */
function Tiles({ data, current, onState }: TilesProps) {
  const t = useT('hours-review');
  const toggle = (state: string) => () => onState(current === state ? undefined : state);
  return (
    <div className={styles.tiles}>
      <Card>
        <NumberWithBar title={t('hours-review:tile.people')} value={group(data.people)} />
      </Card>
      <button
        type="button"
        className={styles.tile}
        aria-pressed={current === 'done'}
        onClick={toggle('done')}
      >
        <NumberWithBar
          title={t('hours-review:tile.done')}
          value={group(data.done)}
          note={<Tag tone="ok">{percent(data.done, Math.max(1, data.people))}%</Tag>}
          bar={{ value: data.done, max: data.people, label: t('hours-review:tile.done'), tone: 'ok' }}
        />
      </button>
      <button
        type="button"
        className={styles.tile}
        aria-pressed={current === 'near'}
        onClick={toggle('near')}
      >
        <NumberWithBar title={t('hours-review:tile.near')} value={group(data.near)} />
      </button>
      <button
        type="button"
        className={styles.tile}
        aria-pressed={current === 'late'}
        onClick={toggle('late')}
      >
        <NumberWithBar
          title={t('hours-review:tile.late')}
          value={<span className={data.late > 0 ? styles.late : undefined}>{group(data.late)}</span>}
          note={<span className="xs">{t('hours-review:tile.pace')}</span>}
        />
      </button>
    </div>
  );
}

function TilesSkeleton() {
  return (
    <div className={styles.tiles}>
      {[0, 1, 2, 3].map((tile) => (
        <Card key={tile}>
          <Skeleton width="50%" />
          <Skeleton width="30%" height="2rem" />
        </Card>
      ))}
    </div>
  );
}
