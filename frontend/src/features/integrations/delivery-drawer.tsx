import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Drawer } from '@/components/ui/desk/drawer';
import { FormProblem } from '@/components/ui/form-problem';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { useT, type Say } from '@/lib/t';
import { stamp } from '@/lib/time';
import { deliveriesKey, loadDeliveries, useWebhookDeeds, type Delivery, type Webhook } from './api/webhooks';

const tones = { waiting: 'accent', delivered: 'ok', failed: 'warn' } as const;

/** What one webhook was told, and what came back. */
export function DeliveryDrawer({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const t = useT('integrations');
  const { resend } = useWebhookDeeds();
  const columns: Column<Delivery>[] = [
    {
      key: 'what',
      title: t('integrations:delivery.what'),
      always: true,
      render: (one) => (
        <div>
          <code>{one.type}</code>
          <div className="xs num">{stamp(one.created_at)}</div>
        </div>
      ),
    },
    {
      key: 'state',
      title: t('integrations:delivery.state'),
      side: true,
      render: (one) => <Tag tone={tones[one.state]}>{t(`integrations:delivery.${one.state}`)}</Tag>,
    },
    { key: 'answer', title: t('integrations:delivery.answer'), render: (one) => answer(one, t) },
    {
      key: 'attempts',
      title: t('integrations:delivery.attempts'),
      align: 'end',
      render: (one) => one.attempts,
    },
    {
      key: 'again',
      title: '',
      always: true,
      render: (one) =>
        one.state !== 'waiting' && (
          <Button
            small
            kind="quiet"
            busy={resend.isPending && resend.variables === one.id}
            onClick={() =>
              resend.mutate(one.id, { onSuccess: () => toast(t('integrations:delivery.sentAgain')) })
            }
          >
            {t('integrations:delivery.again')}
          </Button>
        ),
    },
  ];
  return (
    <Drawer open title={webhook.name} width={760} onClose={onClose}>
      <div className="stack">
        <FormProblem error={resend.error} />
        <DataTable<Delivery>
          name="webhook-deliveries"
          label={t('integrations:webhook.deliveries')}
          queryKey={deliveriesKey(webhook.id)}
          load={loadDeliveries(webhook.id)}
          columns={columns}
          rowKey={(one) => one.id}
          refetchInterval={3000}
          empty={{ title: t('integrations:delivery.none') }}
        />
      </div>
    </Drawer>
  );
}

function answer(one: Delivery, t: Say): string {
  if (one.failure === '') return one.status > 0 ? `HTTP ${one.status}` : '—';
  const what = t(`integrations:delivery.failure.${one.failure}`, { status: one.status });
  return one.state === 'waiting'
    ? `${what} · ${t('integrations:delivery.next', { when: stamp(one.due_at) })}`
    : what;
}
