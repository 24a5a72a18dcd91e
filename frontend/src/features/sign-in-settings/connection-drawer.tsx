import { useState } from 'react';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { Select } from '@/components/ui/desk/select';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { useConnectionDeeds, type Connection, type Kind } from './api/connections';

const kinds: Kind[] = ['oidc', 'cas', 'ldap', 'wecom', 'dingtalk'];

type TextKey = {
  [K in keyof Connection]: Connection[K] extends string ? K : never;
}[keyof Connection];

/** What each kind asks for, beside its name and secret. */
const asks: Record<Kind, TextKey[]> = {
  oidc: ['url', 'client_id', 'scopes', 'number', 'hosts', 'authorities'],
  cas: ['url', 'number', 'authorities'],
  ldap: ['url', 'bind_dn', 'base_dn', 'filter', 'number', 'subject', 'authorities'],
  wecom: ['client_id', 'agent_id', 'number', 'url'],
  dingtalk: ['client_id', 'number', 'url'],
};

const blank: Connection = {
  id: '',
  kind: 'oidc',
  name: '',
  enabled: false,
  position: 0,
  version: 0,
  has_secret: false,
  url: '',
  client_id: '',
  agent_id: '',
  scopes: '',
  number: '',
  subject: '',
  bind_dn: '',
  base_dn: '',
  filter: '',
  start_tls: false,
  cas_version: '3',
  authorities: '',
  hosts: '',
  link_number: true,
};

/** One provider: the fields of its kind, its secret (which never comes back), and whether it shows. */
export function ConnectionDrawer({ start, onClose }: { start: Connection | 'new'; onClose: () => void }) {
  const t = useT('sign-in-settings');
  const { save } = useConnectionDeeds();
  const [form, setForm] = useState({ ...(start === 'new' ? blank : start), secret: '' });
  const set = (part: Partial<typeof form>) => setForm((before) => ({ ...before, ...part }));
  const fields = ['name', 'kind', 'secret', 'start_tls', 'cas_version', ...asks[form.kind]];
  const hint = (name: TextKey) => {
    if (name === 'url') return t(`sign-in-settings:hint.url.${form.kind}`);
    if (name === 'number' || name === 'authorities' || name === 'hosts')
      return t(`sign-in-settings:hint.${name}`);
    return undefined;
  };
  const tick = (name: 'enabled' | 'start_tls' | 'link_number') => (
    <FormField label="" name={name} error={save.error}>
      <label className="row">
        <input
          type="checkbox"
          checked={form[name]}
          onChange={(event) => set({ [name]: event.target.checked })}
        />
        {t(`sign-in-settings:field.${name}`)}
      </label>
    </FormField>
  );
  return (
    <FormDrawer
      title={start === 'new' ? t('sign-in-settings:connection.add') : start.name}
      onClose={onClose}
      saving={save}
      fields={fields}
      onSave={() =>
        save.mutate(form, {
          onSuccess: () => {
            toast(t('sign-in-settings:connection.saved'));
            onClose();
          },
        })
      }
    >
      <FormField label={t('sign-in-settings:field.kind')} name="kind" error={save.error}>
        <Select
          value={form.kind}
          disabled={form.id !== ''}
          onChange={(kind) => set({ kind: (kind ?? 'oidc') as Kind })}
          options={kinds.map((value) => ({ value, label: t(`sign-in-settings:kind.${value}`) }))}
        />
      </FormField>
      <FormField label={t('sign-in-settings:field.name')} name="name" error={save.error}>
        <Input value={form.name} maxLength={40} onChange={(name) => set({ name })} />
      </FormField>
      {asks[form.kind].map((name) => (
        <FormField
          key={name}
          label={t(`sign-in-settings:field.${name as 'url'}`)}
          name={name}
          error={save.error}
          hint={hint(name)}
        >
          {name === 'authorities' ? (
            <TextArea rows={3} value={form[name]} onChange={(value) => set({ [name]: value })} />
          ) : (
            <Input value={form[name]} onChange={(value) => set({ [name]: value })} />
          )}
        </FormField>
      ))}
      {form.kind === 'cas' && (
        <FormField label={t('sign-in-settings:field.cas_version')} name="cas_version" error={save.error}>
          <Select
            value={form.cas_version}
            onChange={(version) => set({ cas_version: version ?? '3' })}
            options={[
              { value: '3', label: '3.0' },
              { value: '2', label: '2.0' },
            ]}
          />
        </FormField>
      )}
      {form.kind !== 'cas' && (
        <FormField
          label={t('sign-in-settings:field.secret')}
          name="secret"
          error={save.error}
          hint={form.has_secret ? t('sign-in-settings:hint.secretKept') : undefined}
        >
          <Input value={form.secret} onChange={(secret) => set({ secret })} />
        </FormField>
      )}
      {form.kind === 'ldap' && tick('start_tls')}
      {tick('link_number')}
      {tick('enabled')}
    </FormDrawer>
  );
}
