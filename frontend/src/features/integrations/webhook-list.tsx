import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CardItem } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Facts } from '@/components/ui/desk/detail-page';
import { Keyring } from '@/components/ui/desk/keyring';
import { FormProblem } from '@/components/ui/form-problem';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { useWebhookDeeds, webhooksQuery, type Webhook, type WebhookSecret } from './api/webhooks';
import { DeliveryDrawer } from './delivery-drawer';
import { living } from './old-secret';
import { OnceSecret } from './once-secret';
import { WebhookDrawer } from './webhook-drawer';

/** Whom to tell when something changes. */
export function WebhookList() {
  const t = useT('integrations');
  const query = useQuery(webhooksQuery);
  const { rotate, remove } = useWebhookDeeds();
  const [editing, setEditing] = useState<Webhook | 'new'>();
  const [made, setMade] = useState<WebhookSecret>();
  const [asking, setAsking] = useState<{ webhook: Webhook; deed: 'rotate' | 'remove' }>();
  const [looking, setLooking] = useState<Webhook>();
  const name = asking?.webhook.name ?? '';
  return (
    <div className="stack">
      <Keyring
        label={t('integrations:tab.webhooks')}
        query={query}
        about={t('integrations:webhook.about')}
        add={t('integrations:webhook.add')}
        onAdd={() => setEditing('new')}
        empty={{
          icon: 'inbox',
          title: t('integrations:webhook.none'),
          text: t('integrations:webhook.noneHint'),
        }}
      >
        {(one: Webhook) => (
          <Item
            key={one.id}
            webhook={one}
            onEdit={() => setEditing(one)}
            onLook={() => setLooking(one)}
            onAsk={(deed) => setAsking({ webhook: one, deed })}
          />
        )}
      </Keyring>
      {editing && (
        <WebhookDrawer
          start={editing}
          events={query.data?.events ?? []}
          onClose={() => setEditing(undefined)}
          onSaved={(saved) => {
            setEditing(undefined);
            if (saved.secret) setMade(saved);
            else toast(t('integrations:webhook.saved'));
          }}
        />
      )}
      {looking && <DeliveryDrawer webhook={looking} onClose={() => setLooking(undefined)} />}
      <OnceSecret
        title={t('integrations:webhook.secret', { name: made?.webhook.name ?? '' })}
        text={t('integrations:webhook.secretText')}
        secret={made?.secret}
        onClose={() => setMade(undefined)}
      />
      <ConfirmWithReason
        open={asking?.deed === 'rotate'}
        title={t('integrations:webhook.rotate')}
        verb={t('integrations:webhook.rotate')}
        onClose={() => setAsking(undefined)}
        onConfirm={async () => setMade(await rotate.mutateAsync(asking?.webhook.id ?? ''))}
      >
        {t('integrations:webhook.rotateText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking?.deed === 'remove'}
        title={t('integrations:webhook.remove')}
        verb={t('integrations:webhook.remove')}
        onClose={() => setAsking(undefined)}
        onConfirm={() => remove.mutateAsync(asking?.webhook.id ?? '')}
      >
        {t('integrations:webhook.removeText', { name })}
      </ConfirmWithReason>
    </div>
  );
}

interface ItemProps {
  webhook: Webhook;
  onEdit: () => void;
  onLook: () => void;
  onAsk: (deed: 'rotate' | 'remove') => void;
}

function Item({ webhook, onEdit, onLook, onAsk }: ItemProps) {
  const t = useT('integrations');
  const { test } = useWebhookDeeds();
  const old = living(webhook.old_until);
  const facts = [
    {
      label: t('integrations:webhook.events'),
      value: webhook.events
        .map((one) => t(`integrations:webhook.event.${one as 'person'}`))
        .join(t('integrations:comma')),
    },
    {
      label: t('integrations:webhook.undelivered'),
      value:
        [
          webhook.waiting > 0 && t('integrations:webhook.waiting', { count: webhook.waiting }),
          webhook.failed > 0 && t('integrations:webhook.failed', { count: webhook.failed }),
        ]
          .filter(Boolean)
          .join(t('integrations:comma')) || t('integrations:webhook.noneLeft'),
    },
    {
      label: t('integrations:webhook.made'),
      value: (
        <>
          {webhook.created_by} <span className="nowrap">{stamp(webhook.created_at)}</span>
        </>
      ),
    },
  ];
  return (
    <CardItem
      title={
        <>
          {webhook.name}{' '}
          <Tag tone={webhook.enabled ? 'ok' : undefined}>
            {t(webhook.enabled ? 'integrations:webhook.on' : 'integrations:webhook.off')}
          </Tag>
        </>
      }
      detail={webhook.url}
    >
      <div style={{ margin: '10px 0 12px' }}>
        <Facts items={facts} />
      </div>
      {old && <p className="s">{t('integrations:webhook.oldUntil', { when: stamp(old) })}</p>}
      <div className="row wrap">
        <Button small onClick={onLook}>
          {t('integrations:webhook.deliveries')}
        </Button>
        <Button
          small
          busy={test.isPending}
          disabled={!webhook.enabled}
          onClick={() =>
            test.mutate(webhook.id, {
              onSuccess: () => {
                toast(t('integrations:webhook.tested'));
                onLook();
              },
            })
          }
        >
          {t('integrations:webhook.test')}
        </Button>
        <Button small onClick={onEdit}>
          {t('integrations:webhook.edit')}
        </Button>
        <Button small kind="quiet" onClick={() => onAsk('rotate')}>
          {t('integrations:webhook.rotate')}
        </Button>
        <Button small kind="quiet" onClick={() => onAsk('remove')}>
          {t('integrations:webhook.remove')}
        </Button>
      </div>
      <FormProblem error={test.error} />
    </CardItem>
  );
}
