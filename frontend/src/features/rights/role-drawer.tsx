import { useState } from 'react';
import type { RoleBody } from '@/api/model/roleBody';
import type { RoleEffectOutputBody } from '@/api/model/roleEffectOutputBody';
import type { RoleFields } from '@/api/model/roleFields';
import { CheckField } from '@/components/ui/field';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { Notice } from '@/components/ui/state-view';
import { useT } from '@/lib/t';
import { useRoleDeeds } from './api/rights';
import { PermissionList, usePermissionText } from './permission-list';

const reaches = ['any', 'unit', 'whole'] as const;

interface RoleDrawerProps {
  /** The role that is changed, or the one that a new one is a copy of. */
  role?: RoleBody;
  copy?: boolean;
  onClose: () => void;
  onSaved: (role: RoleBody) => void;
}

/** A role of the institution: made, copied or changed; a change shows first whom it reaches. */
export function RoleDrawer({ role, copy = false, onClose, onSaved }: RoleDrawerProps) {
  const t = useT('rights', 'ui');
  const changing = role !== undefined && !copy;
  const { save, preview } = useRoleDeeds(changing ? role.id : undefined);
  const [fields, setFields] = useState<RoleFields>({
    name_zh: changing ? role.name_zh : '',
    name_en: changing ? role.name_en : '',
    description: role?.description ?? '',
    permissions: role?.permissions ?? [],
    reach: role?.reach ?? 'any',
    approval: role?.approval ?? false,
    second_factor: role?.second_factor ?? false,
    version: changing ? role.version : undefined,
  });
  const [reason, setReason] = useState('');
  const [effect, setEffect] = useState<RoleEffectOutputBody>();
  function put(change: Partial<RoleFields>) {
    setFields({ ...fields, ...change });
    setEffect(undefined);
  }
  function send() {
    if (changing && !effect) {
      preview.mutate(fields, { onSuccess: setEffect });
      return;
    }
    save.mutate(changing ? { ...fields, reason } : fields, { onSuccess: onSaved });
  }
  const error = save.error ?? preview.error;
  return (
    <FormDrawer
      title={t(changing ? 'rights:edit' : copy ? 'rights:copy' : 'rights:add')}
      width={640}
      onClose={onClose}
      saving={{ isPending: save.isPending || preview.isPending, error }}
      onSave={send}
      verb={changing ? t(effect ? 'rights:preview.confirm' : 'rights:preview.show') : undefined}
      fields={['name_zh', 'name_en', 'description', 'reach', 'permissions', 'reason']}
      before={effect && <Effect effect={effect} />}
    >
      <FormField label={t('rights:field.name')} name="name_zh" error={error}>
        <Input value={fields.name_zh} maxLength={40} onChange={(name_zh) => put({ name_zh })} />
      </FormField>
      <FormField label={t('rights:field.nameEn')} hint={t('rights:field.nameEnHint')}>
        <Input value={fields.name_en ?? ''} maxLength={40} onChange={(name_en) => put({ name_en })} />
      </FormField>
      <FormField
        label={t('rights:field.description')}
        name="description"
        error={error}
        hint={t('rights:field.descriptionHint')}
      >
        <TextArea
          value={fields.description ?? ''}
          maxLength={500}
          onChange={(description) => put({ description })}
        />
      </FormField>
      <FormField label={t('rights:field.reach')} name="reach" error={error}>
        <Select
          value={fields.reach}
          options={reaches.map((one) => ({ value: one, label: t(`rights:reach.${one}`) }))}
          onChange={(reach) => put({ reach: reach ?? 'any' })}
        />
      </FormField>
      <div className="stack" style={{ gap: 4, marginBottom: 16 }}>
        <CheckField
          label={t('rights:field.approval')}
          checked={fields.approval}
          onChange={({ target }) => put({ approval: target.checked })}
        />
        <span className="xs">{t('rights:field.approvalHint')}</span>
        <CheckField
          label={t('rights:field.factor')}
          checked={fields.second_factor ?? false}
          onChange={({ target }) => put({ second_factor: target.checked })}
        />
        <span className="xs">{t('rights:field.factorHint')}</span>
      </div>
      <FormField
        label={t('rights:field.permissions')}
        name="permissions"
        error={error}
        hint={t('rights:field.permissionsHint')}
      >
        <div>
          <PermissionList value={fields.permissions} onChange={(permissions) => put({ permissions })} />
        </div>
      </FormField>
      {changing && effect && (
        <FormField label={t('rights:field.reason')} name="reason" error={error}>
          <TextArea value={reason} maxLength={500} onChange={setReason} />
        </FormField>
      )}
    </FormDrawer>
  );
}

function Effect({ effect }: { effect: RoleEffectOutputBody }) {
  const t = useT('rights', 'common');
  const text = usePermissionText();
  const names = (keys: string[]) => keys.map((key) => text(key)).join(t('common:listSeparator'));
  return (
    <section aria-live="polite" className="stack" style={{ marginBottom: 16 }}>
      <b>{t('rights:preview.title')}</b>
      {effect.added.length > 0 && (
        <Notice tone="warn" icon="alert">
          {t('rights:preview.added')}：{names(effect.added)}
        </Notice>
      )}
      {effect.removed.length > 0 && (
        <Notice>
          {t('rights:preview.removed')}：{names(effect.removed)}
        </Notice>
      )}
      {effect.added.length + effect.removed.length === 0 && <p className="s">{t('rights:loseNothing')}</p>}
      <p className="s">
        {effect.count === 0
          ? t('rights:preview.nobody')
          : `${t('rights:preview.people', { count: effect.count })}：${effect.people
              .map((one) => `${one.name}（${one.unit_name || t('rights:all')}）`)
              .join(t('common:listSeparator'))}`}
      </p>
      {effect.factorless > 0 && (
        <p className="s">{t('rights:preview.factorless', { count: effect.factorless })}</p>
      )}
      {effect.requests > 0 && <p className="s">{t('rights:preview.requests', { count: effect.requests })}</p>}
    </section>
  );
}
