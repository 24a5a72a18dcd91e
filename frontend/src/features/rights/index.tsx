import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import type { RoleBody } from '@/api/model/roleBody';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { ownName, rolesQuery, useAboutRole } from '@/lib/roles';
import { canEverywhere, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { RoleDrawer } from './role-drawer';

/** What roles there are: the institution's own, and those that come with the product. */
export default function Roles() {
  const t = useT('rights');
  const session = useSession();
  const navigate = useNavigate();
  const query = useQuery(rolesQuery);
  const [adding, setAdding] = useState(false);
  const makes = canEverywhere(session, [permissions.staff.roles]);
  return (
    <>
      <PageHeader
        title={t('rights:title')}
        detail={t('rights:detail')}
        actions={
          makes && (
            <Button small kind="primary" onClick={() => setAdding(true)}>
              {t('rights:add')}
            </Button>
          )
        }
      />
      <StateView query={query}>
        {(roles) => (
          <div className="stack">
            <Section title={t('rights:own')}>
              <RoleCards
                label={t('rights:own')}
                roles={roles.filter((one) => !one.built_in)}
                empty={t('rights:empty')}
              />
            </Section>
            <Section title={t('rights:builtIn')}>
              <RoleCards label={t('rights:builtIn')} roles={roles.filter((one) => one.built_in)} />
            </Section>
          </div>
        )}
      </StateView>
      {adding && (
        <RoleDrawer
          onClose={() => setAdding(false)}
          onSaved={(role) => void navigate({ to: paths.staffRole(role.id) })}
        />
      )}
    </>
  );
}

function RoleCards({ label, roles, empty }: { label: string; roles: RoleBody[]; empty?: string }) {
  const t = useT('rights');
  const about = useAboutRole();
  if (roles.length === 0)
    return (
      <Card>
        <Empty compact title={empty ?? ''} />
      </Card>
    );
  return (
    <CardList label={label}>
      {roles.map((role) => (
        <CardItem
          key={role.id}
          to={paths.staffRole(role.id)}
          title={ownName(role)}
          detail={about(role)}
          side={
            <span className="row wrap" style={{ justifyContent: 'flex-end' }}>
              {role.retired_at && <Tag>{t('rights:retired')}</Tag>}
              {role.approval && <Tag tone="warn">{t('rights:approval')}</Tag>}
              <span className="s num">
                {role.id === 'learner'
                  ? t('rights:everyoneHolds')
                  : t('rights:people', { count: role.holders })}
              </span>
            </span>
          }
        />
      ))}
    </CardList>
  );
}
