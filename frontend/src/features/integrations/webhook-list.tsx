import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { FormProblem } from '@/components/ui/form-problem';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { useWebhookDeeds, webhooksQuery, type Webhook, type WebhookSecret } from './api/webhooks';
import { DeliveryDrawer } from './delivery-drawer';
import { SecretDialog } from './secret-dialog';
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
      <Card className="stack">
        <div className="s">{t('integrations:webhook.about')}</div>
        <div>
          <Button small kind="primary" disabled={!query.data} onClick={() => setEditing('new')}>
            {t('integrations:webhook.add')}
          </Button>
        </div>
      </Card>
      <StateView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="inbox" title={t('integrations:webhook.none')}>
              {t('integrations:webhook.noneHint')}
            </Empty>
          ) : (
            <CardList label={t('integrations:tab.webhooks')}>
              {items.map((one) => (
                <Item
                  key={one.id}
                  webhook={one}
                  onEdit={() => setEditing(one)}
                  onLook={() => setLooking(one)}
                  onAsk={(deed) => setAsking({ webhook: one, deed })}
                />
              ))}
            </CardList>
          )
        }
      </StateView>
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
      <SecretDialog
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
      detail={[
        webhook.url,
        webhook.events
          .map((one) => t(`integrations:webhook.event.${one as 'person'}`))
          .join(t('integrations:comma')),
        t('integrations:webhook.madeBy', { name: webhook.created_by, when: stamp(webhook.created_at) }),
        webhook.waiting > 0 && t('integrations:webhook.waiting', { count: webhook.waiting }),
        webhook.failed > 0 && t('integrations:webhook.failed', { count: webhook.failed }),
        old && t('integrations:webhook.oldUntil', { when: stamp(old) }),
      ]
        .filter(Boolean)
        .join(' · ')}
    >
      <div className="row wrap" style={{ marginTop: 8 }}>
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

/** The end of an exchanged secret, while it is still to come. */
function living(until: string | null | undefined): string | undefined {
  return until && Date.parse(until) > serverNow() ? until : undefined;
}
