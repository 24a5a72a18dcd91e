import { useState } from 'react';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input } from '@/components/ui/desk/form';
import { CheckField } from '@/components/ui/field';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { toast } from '@/components/ui/toast';
import { personKinds } from '@/lib/org';
import { useT } from '@/lib/t';
import { usePersonDeeds, type PersonRecord } from './api/people';

/** What is not dated about a person. The id number is only ever replaced, never shown here. */
export function DetailsDrawer({ person, onClose }: { person: PersonRecord; onClose: () => void }) {
  const t = useT('people', 'common');
  const { update } = usePersonDeeds(person.id);
  const [form, setForm] = useState({
    number: person.number,
    name: person.name,
    kind: person.kind as string,
    gender: person.gender as string | undefined,
    born_on: person.born_on,
    phone: person.phone,
    email: person.email,
  });
  const [card, setCard] = useState('');
  const [noCard, setNoCard] = useState(false);
  const set = (change: Partial<typeof form>) => setForm((before) => ({ ...before, ...change }));
  const at = (name: string) => ({ name, error: update.error });
  return (
    <FormDrawer
      title={t('people:details.title')}
      onClose={onClose}
      onSave={() =>
        update.mutate(
          { version: person.version, ...form, id_card: noCard ? '' : card.trim() || undefined },
          {
            onSuccess: () => {
              toast(t('people:details.saved'));
              onClose();
            },
          },
        )
      }
      saving={update}
      fields={['number', 'name', 'kind', 'gender', 'born_on', 'phone', 'email', 'id_card']}
    >
      <FormField label={t('people:field.name')} {...at('name')}>
        <Input value={form.name} maxLength={60} onChange={(name) => set({ name })} />
      </FormField>
      <FormField label={t('people:field.number')} hint={t('people:field.numberHint')} {...at('number')}>
        <Input value={form.number} maxLength={32} onChange={(number) => set({ number })} />
      </FormField>
      <FormField label={t('people:column.kind')} {...at('kind')}>
        <Select
          value={form.kind}
          options={personKinds.map((kind) => ({ value: kind, label: t(`common:kind.${kind}`) }))}
          onChange={(kind) => set({ kind: kind ?? form.kind })}
        />
      </FormField>
      <FormField label={t('people:field.gender')} {...at('gender')}>
        <Select
          value={form.gender}
          options={(['female', 'male'] as const).map((one) => ({
            value: one,
            label: t(`people:gender.${one}`),
          }))}
          onChange={(gender) => set({ gender })}
        />
      </FormField>
      <FormField label={t('people:field.born')} {...at('born_on')}>
        <DatePicker clearable value={form.born_on} onChange={(born_on) => set({ born_on })} />
      </FormField>
      <FormField label={t('people:field.phone')} {...at('phone')}>
        <Input value={form.phone} maxLength={40} onChange={(phone) => set({ phone })} />
      </FormField>
      <FormField label={t('people:field.email')} {...at('email')}>
        <Input value={form.email} maxLength={254} onChange={(email) => set({ email })} />
      </FormField>
      <FormField
        label={t('people:field.idCard')}
        hint={person.id_card_mask ? t('people:details.cardKeeps', { mask: person.id_card_mask }) : undefined}
        {...at('id_card')}
      >
        <Input value={card} maxLength={40} onChange={setCard} />
      </FormField>
      {person.id_card_mask && !card && (
        <CheckField
          label={t('people:details.noCard')}
          checked={noCard}
          onChange={(event) => setNoCard(event.target.checked)}
        />
      )}
    </FormDrawer>
  );
}
