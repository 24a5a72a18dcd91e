import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { FormProblem } from '@/components/ui/form-problem';
import { Icon } from '@/components/ui/icon';
import { PageHeader } from '@/components/ui/page-header';
import { SkeletonLines, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { paths } from '@/lib/paths';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { devicesQuery, useRevokeDevice, type Device } from './api/devices';
import { deviceName, isHandheld } from '@/lib/device-name';

/** Where the account is signed in; each can be signed out, or all at once. */
export default function DevicesPage() {
  const t = useT('me', 'ui');
  const query = useQuery(devicesQuery);
  const signOutAll = useSignOut(true);
  const [asking, setAsking] = useState(false);
  return (
    <div style={{ maxWidth: '44rem' }}>
      <PageHeader
        title={t('me:devices.title')}
        detail={t('me:devices.detail')}
        back={paths.me()}
        actions={
          <Button small kind="danger" onClick={() => setAsking(true)}>
            {t('me:devices.all')}
          </Button>
        }
      />
      <StateView
        query={query}
        skeleton={
          <Card pad={false}>
            <SkeletonLines />
          </Card>
        }
      >
        {({ items }) => (
          <CardList>
            {items.map((device) => (
              <DeviceItem key={device.id} device={device} />
            ))}
          </CardList>
        )}
      </StateView>
      <ConfirmWithReason
        open={asking}
        title={t('me:devices.all')}
        verb={t('me:devices.allVerb')}
        onClose={() => setAsking(false)}
        onConfirm={() => signOutAll.mutateAsync()}
      >
        {t('me:devices.allText', { count: query.data?.items.length ?? 1 })}
      </ConfirmWithReason>
    </div>
  );
}

function DeviceItem({ device }: { device: Device }) {
  const t = useT('me');
  const revoke = useRevokeDevice();
  return (
    <CardItem
      lead={
        <span style={{ color: 'var(--ink-2)' }}>
          <Icon name={isHandheld(device.user_agent) ? 'device' : 'desktop'} size={20} />
        </span>
      }
      title={deviceName(device.user_agent)}
      detail={t('me:devices.seen', { when: whenText(device.last_seen_at), ip: device.ip })}
      side={
        device.current ? (
          <Tag tone="ok">{t('me:devices.current')}</Tag>
        ) : (
          <Button small busy={revoke.isPending} onClick={() => revoke.mutate(device.id)}>
            {t('me:devices.out')}
          </Button>
        )
      }
    >
      <FormProblem error={revoke.error} />
    </CardItem>
  );
}
