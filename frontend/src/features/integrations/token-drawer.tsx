import { useState } from 'react';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { UnitSelect } from '@/components/ui/desk/unit-select';
import { CheckField } from '@/components/ui/field';
import { serverNow } from '@/lib/clock';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { useTokenDeeds, type TokenSecret } from './api/tokens';

const fields = ['name', 'permissions', 'unit_id', 'expires_on', 'per_minute'];

/** A new token: what it may do, where, and until when. */
export function TokenDrawer({
  permissions,
  onClose,
  onMade,
}: {
  permissions: string[];
  onClose: () => void;
  onMade: (made: TokenSecret) => void;
}) {
  const t = useT('integrations');
  const { create } = useTokenDeeds();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [unit, setUnit] = useState<string>();
  const [until, setUntil] = useState<string | undefined>(() =>
    isoDate(serverNow() + 180 * 24 * 60 * 60 * 1000),
  );
  const [perMinute, setPerMinute] = useState<number | undefined>(120);
  return (
    <FormDrawer
      title={t('integrations:token.add')}
      onClose={onClose}
      saving={create}
      fields={fields}
      verb={t('integrations:token.make')}
      onSave={() =>
        create.mutate(
          { name, permissions: chosen, unit_id: unit, expires_on: until ?? '', per_minute: perMinute },
          { onSuccess: onMade },
        )
      }
    >
      <FormField
        label={t('integrations:token.name')}
        name="name"
        error={create.error}
        hint={t('integrations:token.nameHint')}
      >
        <Input value={name} maxLength={60} onChange={setName} />
      </FormField>
      <FormField label={t('integrations:token.permissions')} name="permissions" error={create.error}>
        <div>
          {permissions.map((one) => (
            <CheckField
              key={one}
              label={t(`integrations:permission.${one.replace(':', '_') as 'people_import'}`)}
              checked={chosen.includes(one)}
              onChange={({ target }) =>
                setChosen((before) =>
                  target.checked ? [...before, one] : before.filter((other) => other !== one),
                )
              }
            />
          ))}
        </div>
      </FormField>
      <FormField
        label={t('integrations:token.unit')}
        name="unit_id"
        error={create.error}
        hint={t('integrations:token.unitHint')}
      >
        <UnitSelect clearable value={unit} onChange={setUnit} />
      </FormField>
      <FormField
        label={t('integrations:token.until')}
        name="expires_on"
        error={create.error}
        hint={t('integrations:token.untilHint')}
      >
        <DatePicker value={until} onChange={setUntil} />
      </FormField>
      <FormField label={t('integrations:token.rate')} name="per_minute" error={create.error}>
        <NumberField value={perMinute} min={1} max={6000} onChange={setPerMinute} />
      </FormField>
    </FormDrawer>
  );
}
