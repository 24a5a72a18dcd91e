import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { GrantBody } from '@/api/model/grantBody';
import type { GrantRequestBody } from '@/api/model/grantRequestBody';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { Tabs } from '@/components/ui/tabs';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { paths } from '@/lib/paths';
import { ownName, rolesQuery, useRoleName } from '@/lib/roles';
import { useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { unitsQuery } from '@/lib/units';
import { useUrlState } from '@/lib/url-state';
import { loadGrants, loadRequests, rightsKeys, useGrantDeeds, type Answer } from './api/rights';
import { usePeriodText } from './period';

/** Who holds what, and what waits for a second person. */
export default function GrantsPage() {
  const t = useT('rights');
  const [url, setUrl] = useUrlState();
  const tab = url.tab === 'grants' ? 'grants' : 'requests';
  return (
    <>
      <PageHeader title={t('rights:grants.title')} detail={t('rights:grants.detail')} />
      <Tabs
        label={t('rights:grants.label')}
        tabs={[
          { key: 'requests', title: t('rights:grants.tab.requests') },
          { key: 'grants', title: t('rights:grants.tab.grants') },
        ]}
        current={tab}
        onChange={(next) => setUrl({ tab: next, role: undefined, state: undefined, unit_id: undefined })}
      >
        {tab === 'requests' ? <Requests /> : <Grants />}
      </Tabs>
    </>
  );
}

interface Held {
  person_id: string;
  person_name: string;
  person_number: string;
  role: string;
  unit_name: string;
  from: string;
  until?: string;
  reason: string;
}

/** The columns that a grant and a request have in common. */
function useHeldColumns<T extends Held>(): Column<T>[] {
  const t = useT('rights');
  const roles = useQuery(rolesQuery).data;
  const nameOf = useRoleName(roles?.map((one) => one.id));
  const period = usePeriodText();
  return [
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
      key: 'role',
      title: t('rights:grants.role'),
      always: true,
      render: (one) => <AppLink to={paths.staffRole(one.role)}>{nameOf(one.role)}</AppLink>,
    },
    { key: 'unit', title: t('rights:grants.unit'), render: (one) => one.unit_name || t('rights:all') },
    { key: 'period', title: t('rights:grants.period'), render: (one) => period(one) },
    { key: 'reason', title: t('rights:grants.reason'), wrap: '24ch', render: (one) => one.reason },
  ];
}

function Requests() {
  const t = useT('rights');
  const session = useSession();
  const shared = useHeldColumns<GrantRequestBody>();
  const roles = useQuery(rolesQuery).data;
  const nameOf = useRoleName(roles?.map((one) => one.id));
  const { answer } = useGrantDeeds();
  const [asking, setAsking] = useState<{ one: GrantRequestBody; verb: Answer }>();
  const columns: Column<GrantRequestBody>[] = [
    ...shared,
    {
      key: 'by',
      title: t('rights:grants.by'),
      render: (one) => t('rights:grants.asked', { name: one.requester_name }),
    },
    {
      key: 'deeds',
      title: t('rights:grants.state'),
      always: true,
      wide: true,
      render: (one) =>
        one.requester_id === session.person.id ? (
          <span className="row wrap">
            <span className="xs">{t('rights:grants.waits')}</span>
            <Button small onClick={() => setAsking({ one, verb: 'withdraw' })}>
              {t('rights:grants.withdraw')}
            </Button>
          </span>
        ) : (
          <span className="row wrap">
            <Button small kind="primary" onClick={() => setAsking({ one, verb: 'approve' })}>
              {t('rights:grants.approve')}
            </Button>
            <Button small onClick={() => setAsking({ one, verb: 'refuse' })}>
              {t('rights:grants.refuse')}
            </Button>
          </span>
        ),
    },
  ];
  return (
    <>
      <DataTable<GrantRequestBody>
        name="grant-requests"
        label={t('rights:grants.tab.requests')}
        queryKey={rightsKeys.requests}
        load={loadRequests}
        columns={columns}
        rowKey={(one) => one.id}
        empty={{ title: t('rights:grants.noRequests') }}
      />
      <ConfirmWithReason
        open={asking !== undefined}
        title={asking ? t(`rights:grants.${asking.verb}Title`) : ''}
        verb={asking ? t(`rights:grants.${asking.verb}`) : ''}
        withReason={asking?.verb === 'refuse'}
        onClose={() => setAsking(undefined)}
        onConfirm={(reason) => {
          const { one, verb } = asking!;
          return answer
            .mutateAsync({ id: one.id, verb, reason })
            .then(() => toast(t(`rights:grants.${done[verb]}`)));
        }}
      >
        {asking &&
          t(`rights:grants.${asking.verb}Text`, {
            name: asking.one.person_name,
            role: nameOf(asking.one.role),
            unit: asking.one.unit_name || t('rights:all'),
            by: asking.one.requester_name,
            reason: asking.one.reason,
          })}
      </ConfirmWithReason>
    </>
  );
}

const done = { approve: 'approved', refuse: 'refused', withdraw: 'withdrawn' } as const;

function Grants() {
  const t = useT('rights');
  const session = useSession();
  const shared = useHeldColumns<GrantBody>();
  const roles = useQuery(rolesQuery).data ?? [];
  const nameOf = useRoleName(roles.map((one) => one.id));
  const party = useQuery(unitsQuery('party')).data ?? [];
  const admin = useQuery(unitsQuery('admin')).data ?? [];
  const { end } = useGrantDeeds();
  const [ending, setEnding] = useState<GrantBody>();
  const today = isoDate(serverNow());
  const stateOf = (one: GrantBody) =>
    one.ended_at || (one.until && one.until <= today) ? 'ended' : one.from > today ? 'coming' : 'current';
  const columns: Column<GrantBody>[] = [
    ...shared,
    {
      key: 'by',
      title: t('rights:grants.by'),
      render: (one) => (
        <div className="s">
          {t('rights:grants.given', { name: one.granter_name || t('rights:grants.system') })}
          {one.approver_name && <div>{t('rights:grants.approvedBy', { name: one.approver_name })}</div>}
        </div>
      ),
    },
    {
      key: 'state',
      title: t('rights:grants.state'),
      side: true,
      render: (one) => (
        <Tag tone={stateOf(one) === 'current' ? 'ok' : 'plain'}>
          {t(`rights:grants.states.${stateOf(one)}`)}
        </Tag>
      ),
    },
    {
      key: 'end',
      title: '',
      wide: true,
      render: (one) =>
        stateOf(one) !== 'ended' &&
        one.person_id !== session.person.id && (
          <Button small kind="quiet" onClick={() => setEnding(one)}>
            {t('rights:grants.end')}
          </Button>
        ),
    },
  ];
  return (
    <>
      <DataTable<GrantBody>
        name="grants"
        label={t('rights:grants.tab.grants')}
        queryKey={rightsKeys.grants}
        load={loadGrants}
        columns={columns}
        rowKey={(one) => one.id}
        filters={[
          {
            kind: 'select',
            key: 'role',
            label: t('rights:grants.role'),
            options: roles
              .filter((one) => one.id !== 'learner')
              .map((one) => ({ value: one.id, label: ownName(one) })),
          },
          { kind: 'tree', key: 'unit_id', label: t('rights:grants.unit'), rows: [...party, ...admin] },
          {
            kind: 'select',
            key: 'state',
            label: t('rights:grants.stateFilter'),
            options: (['current', 'coming', 'ended'] as const).map((value) => ({
              value,
              label: t(`rights:grants.states.${value}`),
            })),
          },
        ]}
        empty={{ title: t('rights:grants.none') }}
      />
      <ConfirmWithReason
        open={ending !== undefined}
        title={t('rights:grants.endTitle')}
        verb={t('rights:grants.end')}
        withReason
        onClose={() => setEnding(undefined)}
        onConfirm={(reason) =>
          end.mutateAsync({ id: ending?.id ?? '', reason }).then(() => toast(t('rights:grants.ended')))
        }
      >
        {ending &&
          t('rights:grants.endText', {
            name: ending.person_name,
            role: nameOf(ending.role),
            unit: ending.unit_name || t('rights:all'),
          })}
      </ConfirmWithReason>
    </>
  );
}
