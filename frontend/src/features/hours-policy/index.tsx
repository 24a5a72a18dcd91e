import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAudienceText } from '@/components/audience/audience-editor';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList } from '@/components/ui/card';
import { Dotted } from '@/components/ui/dotted';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { current, policiesQuery, type Policy } from './api/policies';
import { PolicyDrawer } from './policy-drawer';

/** What is demanded of whom, each resting on its document and clause. */
export default function HoursPolicies() {
  const t = useT('hours-policy', 'audience', 'ui');
  const session = useSession();
  const query = useQuery(policiesQuery);
  const [adding, setAdding] = useState(false);
  const writes = can(session, [permissions.staff.policies]);
  return (
    <>
      <PageHeader
        title={t('hours-policy:title')}
        detail={t('hours-policy:detail')}
        actions={
          writes && (
            <Button small kind="primary" onClick={() => setAdding(true)}>
              {t('hours-policy:add')}
            </Button>
          )
        }
      />
      <StateView
        query={query}
        isEmpty={(policies) => policies.length === 0}
        empty={
          <Card>
            <Empty title={t('hours-policy:empty.title')}>{t('hours-policy:empty.text')}</Empty>
          </Card>
        }
      >
        {(policies) => (
          <CardList label={t('hours-policy:title')}>
            {policies.map((policy) => (
              <PolicyItem key={policy.id} policy={policy} />
            ))}
          </CardList>
        )}
      </StateView>
      {adding && <PolicyDrawer onClose={() => setAdding(false)} />}
    </>
  );
}

function PolicyItem({ policy }: { policy: Policy }) {
  const t = useT('hours-policy');
  const audience = useAudienceText();
  const version = current(policy);
  if (!version) return null;
  return (
    <CardItem
      to={paths.staffPolicy(policy.id)}
      title={policy.name}
      detail={
        <>
          <Dotted parts={[version.document.title, version.document.clause]} />
          <span className="phrases">{audience(version.audience)}</span>
        </>
      }
      side={
        <div style={{ textAlign: 'end' }}>
          <b className="num">{t('hours-policy:perYear', { hours: formatHours(version.rule.total_centi) })}</b>
          <div>
            <PolicyState policy={policy} />
          </div>
        </div>
      }
    />
  );
}

export function PolicyState({ policy }: { policy: Policy }) {
  const t = useT('hours-policy');
  if (policy.retired_from) return <Tag>{t('hours-policy:state.retired', { from: policy.retired_from })}</Tag>;
  if (policy.active > 0)
    return <Tag tone="ok">{t('hours-policy:state.active', { number: policy.active })}</Tag>;
  return <Tag tone="warn">{t('hours-policy:state.draft')}</Tag>;
}
