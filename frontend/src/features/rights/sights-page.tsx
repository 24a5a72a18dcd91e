import { useQuery } from '@tanstack/react-query';
import type { RightBody } from '@/api/model/rightBody';
import type { RightsOutputBody } from '@/api/model/rightsOutputBody';
import type { SightBody } from '@/api/model/sightBody';
import type { WatchingTokenBody } from '@/api/model/watchingTokenBody';
import { AppLink } from '@/components/ui/app-link';
import { Card, Section } from '@/components/ui/card';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { RecordTable } from '@/components/ui/desk/record-table';
import { Dotted } from '@/components/ui/dotted';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tabs } from '@/components/ui/tabs';
import { Tag } from '@/components/ui/tag';
import { useSayCrumb } from '@/lib/crumb';
import { paths } from '@/lib/paths';
import { useRoleName } from '@/lib/roles';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { useUrlState } from '@/lib/url-state';
import { loadWatchers, personRightsQuery, rightsKeys, watchingTokensQuery } from './api/rights';
import { usePeriodText } from './period';
import { PermissionList, usePermissionText } from './permission-list';

/** What a person can see, and why; and the reverse: who can see him. */
export default function SightsPage({ id }: { id: string }) {
  const query = useQuery(personRightsQuery(id));
  return <StateView query={query}>{(rights) => <Sights key={id} rights={rights} />}</StateView>;
}

function Sights({ rights }: { rights: RightsOutputBody }) {
  const t = useT('rights');
  useSayCrumb(t('rights:sights.title', { name: rights.name }));
  const [url, setUrl] = useUrlState();
  const tab = url.tab === 'watchers' ? 'watchers' : 'sees';
  useSayCrumb(t('rights:sights.title', { name: rights.name }));
  return (
    <>
      <PageHeader
        title={t('rights:sights.title', { name: rights.name })}
        detail={t('rights:sights.detail')}
        back={paths.staffPerson(rights.person_id)}
      />
      <Tabs
        label={t('rights:sights.label')}
        tabs={[
          { key: 'sees', title: t('rights:sights.sees') },
          { key: 'watchers', title: t('rights:sights.watchers') },
        ]}
        current={tab}
        onChange={(next) => setUrl({ tab: next })}
      >
        {tab === 'sees' ? <Sees rights={rights} /> : <Watchers id={rights.person_id} name={rights.name} />}
      </Tabs>
    </>
  );
}

function Sees({ rights }: { rights: RightsOutputBody }) {
  const t = useT('rights');
  const nameOf = useRoleName(rights.items.map((one) => one.role));
  const period = usePeriodText();
  return (
    <div className="stack">
      {rights.items.length === 0 && <Empty compact title={t('rights:sights.nothing')} />}
      {rights.items.map((one) => (
        <Section
          key={one.grant_id}
          title={`${nameOf(one.role)} · ${one.path_names.join(' / ') || t('rights:all')}`}
          aside={one.coming && <Tag tone="warn">{t('rights:grants.states.coming')}</Tag>}
        >
          <Card>
            <div className="stack">
              <Why one={one} when={period(one)} />
              <PermissionList value={one.permissions} />
            </div>
          </Card>
        </Section>
      ))}
      <Section title={t('rights:everyoneHolds')}>
        <Card>
          <PermissionList value={rights.own} />
        </Card>
      </Section>
    </div>
  );
}

/** The reason of a right: who gave it, when, and whom it reaches. */
function Why({ one, when }: { one: RightBody; when: string }) {
  const t = useT('rights');
  return (
    <div>
      <b>{t('rights:sights.reaches', { count: one.people })}</b>
      <div className="s">
        <Dotted
          parts={[
            when,
            t('rights:grants.given', { name: one.granter_name || t('rights:grants.system') }),
            one.approver_name && t('rights:grants.approvedBy', { name: one.approver_name }),
            one.reason,
          ]}
        />
      </div>
    </div>
  );
}

function Watchers({ id, name }: { id: string; name: string }) {
  const t = useT('rights');
  const text = usePermissionText();
  const nameOf = useRoleName(['own']); // those met are not known before the rows are
  const period = usePeriodText();
  const tokens = useQuery(watchingTokensQuery(id)).data ?? [];
  const opens = (permissions: string[]) => permissions.map((one) => text(one)).join(t('rights:sights.comma'));
  const columns: Column<SightBody>[] = [
    {
      key: 'person',
      title: t('rights:grants.person'),
      always: true,
      render: (one) => (
        <div>
          <AppLink to={paths.staffPerson(one.person_id)}>{one.person_name}</AppLink>
          <div className="xs num">{one.person_number}</div>
        </div>
      ),
    },
    {
      key: 'why',
      title: t('rights:sights.why'),
      always: true,
      wide: true,
      wrap: '28ch',
      render: (one) => (
        <div>
          <b>{nameOf(one.role)}</b>
          <div className="s">
            {one.unit_name
              ? t('rights:sights.through', { name, unit: one.unit_name, member: one.through_unit })
              : t('rights:sights.throughAll')}
          </div>
        </div>
      ),
    },
    { key: 'period', title: t('rights:grants.period'), render: (one) => period(one) },
    {
      key: 'opens',
      title: t('rights:sights.opens'),
      wide: true,
      wrap: '32ch',
      render: (one) => opens(one.permissions),
    },
  ];
  return (
    <div className="stack">
      <DataTable<SightBody>
        name="watchers"
        label={t('rights:sights.watchers')}
        queryKey={rightsKeys.watchers(id)}
        load={(request, signal) => loadWatchers(id, request, signal)}
        columns={columns}
        rowKey={(one) => one.grant_id}
        empty={{ title: t('rights:sights.nobody') }}
      />
      {tokens.length > 0 && (
        <Section title={t('rights:sights.tokens')}>
          <RecordTable<WatchingTokenBody>
            label={t('rights:sights.tokens')}
            rows={tokens}
            rowKey={(one) => one.name}
            columns={[
              { key: 'name', title: t('rights:sights.token'), always: true, render: (one) => one.name },
              {
                key: 'unit',
                title: t('rights:grants.unit'),
                render: (one) => one.unit_name || t('rights:all'),
              },
              { key: 'by', title: t('rights:grants.by'), render: (one) => one.creator_name },
              {
                key: 'until',
                title: t('rights:sights.expires'),
                render: (one) => stamp(one.expires_at),
              },
              {
                key: 'opens',
                title: t('rights:sights.opens'),
                wide: true,
                render: (one) => opens(one.permissions),
              },
            ]}
          />
        </Section>
      )}
    </div>
  );
}
