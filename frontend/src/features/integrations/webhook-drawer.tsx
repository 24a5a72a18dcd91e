import { useState } from 'react';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { CheckField } from '@/components/ui/field';
import { useT } from '@/lib/t';
import { useWebhookDeeds, type Webhook, type WebhookSecret } from './api/webhooks';

/** Where to tell, and what. */
export function WebhookDrawer({
  start,
  events,
  onClose,
  onSaved,
}: {
  start: Webhook | 'new';
  events: string[];
  onClose: () => void;
  onSaved: (saved: WebhookSecret) => void;
}) {
  const t = useT('integrations');
  const { save } = useWebhookDeeds();
  const [form, setForm] = useState(
    start === 'new'
      ? { id: '', name: '', url: '', events: [] as string[], enabled: true }
      : { id: start.id, name: start.name, url: start.url, events: start.events, enabled: start.enabled },
  );
  const set = (part: Partial<typeof form>) => setForm((before) => ({ ...before, ...part }));
  return (
    <FormDrawer
      title={start === 'new' ? t('integrations:webhook.add') : start.name}
      onClose={onClose}
      saving={save}
      fields={['name', 'url', 'events']}
      verb={start === 'new' ? t('integrations:webhook.make') : undefined}
      onSave={() => save.mutate(form, { onSuccess: onSaved })}
    >
      <FormField
        label={t('integrations:webhook.name')}
        name="name"
        error={save.error}
        hint={t('integrations:webhook.nameHint')}
      >
        <Input value={form.name} maxLength={60} onChange={(name) => set({ name })} />
      </FormField>
      <FormField
        label={t('integrations:webhook.url')}
        name="url"
        error={save.error}
        hint={t('integrations:webhook.urlHint')}
      >
        <Input
          value={form.url}
          maxLength={500}
          placeholder="https://"
          onChange={(address) => set({ url: address })}
        />
      </FormField>
      <FormField label={t('integrations:webhook.events')} name="events" error={save.error}>
        <div>
          {events.map((one) => (
            <CheckField
              key={one}
              label={t(`integrations:webhook.event.${one as 'person'}`)}
              checked={form.events.includes(one)}
              onChange={({ target }) =>
                set({
                  events: target.checked
                    ? [...form.events, one]
                    : form.events.filter((other) => other !== one),
                })
              }
            />
          ))}
        </div>
      </FormField>
      <CheckField
        label={t('integrations:webhook.enabled')}
        checked={form.enabled}
        onChange={({ target }) => set({ enabled: target.checked })}
      />
    </FormDrawer>
  );
}
