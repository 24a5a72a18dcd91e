import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { RoleRecordOutputBody } from '@/api/model/roleRecordOutputBody';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { ownName, useAboutRole } from '@/lib/roles';
import { canEverywhere, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { roleQuery, useRoleDeeds } from './api/rights';
import { PermissionList } from './permission-list';
import { RoleDrawer } from './role-drawer';

/** One role: what it carries, who holds it, how it became what it is. */
export default function RolePage({ id }: { id: string }) {
  const query = useQuery(roleQuery(id));
  return <StateView query={query}>{(record) => <RoleDetail key={id} record={record} />}</StateView>;
}

function RoleDetail({ record: { role, versions } }: { record: RoleRecordOutputBody }) {
  const t = useT('rights');
  const session = useSession();
  const navigate = useNavigate();
  const about = useAboutRole();
  const deeds = useRoleDeeds(role.id);
  const [asking, setAsking] = useState<'edit' | 'copy' | 'retire'>();
  const makes = canEverywhere(session, [permissions.staff.roles]);
  const mendable = makes && !role.built_in && !role.retired_at;
  const close = () => setAsking(undefined);
  return (
    <DetailPage
      title={ownName(role)}
      detail={about(role)}
      tags={
        <>
          <Tag>{t(role.built_in ? 'rights:builtIn' : 'rights:own')}</Tag>
          {role.retired_at && <Tag tone="warn">{t('rights:retired')}</Tag>}
          {role.approval && <Tag tone="warn">{t('rights:approval')}</Tag>}
          {role.second_factor && <Tag>{t('rights:factor')}</Tag>}
        </>
      }
      actions={
        makes && (
          <>
            {mendable && (
              <Button small kind="primary" onClick={() => setAsking('edit')}>
                {t('rights:edit')}
              </Button>
            )}
            {role.id !== 'learner' && (
              <Button small onClick={() => setAsking('copy')}>
                {t('rights:copy')}
              </Button>
            )}
            {mendable && (
              <Button small kind="danger" onClick={() => setAsking('retire')}>
                {t('rights:retire')}
              </Button>
            )}
          </>
        )
      }
      facts={[
        {
          label: t('rights:holders'),
          value:
            role.id === 'learner' ? (
              t('rights:everyoneHolds')
            ) : (
              <AppLink to={paths.staffGrants()} search={{ tab: 'grants', role: role.id, state: 'current' }}>
                {t('rights:people', { count: role.holders })}
              </AppLink>
            ),
        },
        { label: t('rights:field.reach'), value: t(`rights:reach.${role.reach}`) },
        ...(role.retire_reason ? [{ label: t('rights:retired'), value: role.retire_reason }] : []),
      ]}
      timeline={
        role.built_in
          ? undefined
          : versions.map((one) => ({
              key: String(one.version),
              at: one.at,
              title: `${t(`rights:history.${one.what}`)} · ${one.by_name}`,
              detail: [t('rights:history.line', { count: one.permissions.length }), one.reason]
                .filter(Boolean)
                .join(' · '),
            }))
      }
    >
      <Section title={t('rights:field.permissions')}>
        <Card>
          <PermissionList value={role.permissions} />
        </Card>
      </Section>
      {(asking === 'edit' || asking === 'copy') && (
        <RoleDrawer
          role={role}
          copy={asking === 'copy'}
          onClose={close}
          onSaved={(saved) => {
            close();
            toast(t('rights:saved'));
            if (saved.id !== role.id) void navigate({ to: paths.staffRole(saved.id) });
          }}
        />
      )}
      <ConfirmWithReason
        open={asking === 'retire'}
        title={t('rights:retireAsk.title', { name: ownName(role) })}
        verb={t('rights:retire')}
        withReason
        onClose={close}
        onConfirm={(reason) =>
          deeds.retire
            .mutateAsync(reason)
            .then(({ grants_ended }) => toast(t('rights:retiredDone', { count: grants_ended })))
        }
      >
        {t('rights:retireAsk.text', { count: role.holders })}
      </ConfirmWithReason>
    </DetailPage>
  );
}
