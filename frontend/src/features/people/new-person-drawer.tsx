import type { NewPersonBody } from '@/api/model/newPersonBody';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { TreeSelect } from '@/components/ui/desk/tree-select';
import { personKinds, ranks, stages, type PersonKind } from '@/lib/org';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { unitsQuery } from '@/lib/units';
import { createPerson, peopleKeys } from './api/people';

const blank: NewPersonBody = { number: '', name: '', kind: 'staff' };

/** One new person with his first unit, stage and rank. */
export function NewPersonDrawer({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useT('people', 'common');
  const client = useQueryClient();
  const navigate = useNavigate();
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  const [person, setPerson] = useState(blank);
  const set = (change: Partial<NewPersonBody>) => setPerson((before) => ({ ...before, ...change }));
  const create = useMutation({
    mutationFn: () => createPerson(person),
    onSuccess: ({ items }) => {
      void client.invalidateQueries({ queryKey: peopleKeys.all });
      setPerson(blank);
      onClose();
      if (items[0]) void navigate({ to: paths.staffPerson(items[0].id) });
    },
  });
  const at = (name: string) => ({ name: `people[0].${name}`, error: create.error });
  return (
    <FormDrawer
      open={open}
      title={t('people:add')}
      onClose={onClose}
      saving={create}
      onSave={() => create.mutate()}
      fields={[
        'number',
        'name',
        'kind',
        'gender',
        'born_on',
        'id_card',
        'phone',
        'email',
        'party_unit_id',
        'admin_unit_id',
        'stage',
        'rank',
        'from',
      ].map((name) => `people[0].${name}`)}
    >
      <FormField label={t('people:field.name')} {...at('name')}>
        <Input value={person.name} maxLength={60} onChange={(name) => set({ name })} />
      </FormField>
      <FormField label={t('people:field.number')} hint={t('people:field.numberHint')} {...at('number')}>
        <Input value={person.number} maxLength={32} onChange={(number) => set({ number })} />
      </FormField>
      <FormField label={t('people:column.kind')} {...at('kind')}>
        <Select
          value={person.kind}
          options={personKinds.map((kind) => ({ value: kind, label: t(`common:kind.${kind}`) }))}
          onChange={(kind) => set({ kind: (kind ?? 'staff') as PersonKind })}
        />
      </FormField>
      <FormField label={t('people:field.gender')} {...at('gender')}>
        <Select
          clearable
          value={person.gender}
          options={(['female', 'male'] as const).map((one) => ({
            value: one,
            label: t(`people:gender.${one}`),
          }))}
          onChange={(gender) => set({ gender })}
        />
      </FormField>
      <FormField label={t('people:field.born')} {...at('born_on')}>
        <DatePicker clearable value={person.born_on} onChange={(born_on) => set({ born_on })} />
      </FormField>
      <FormField label={t('people:field.idCard')} {...at('id_card')}>
        <Input
          value={person.id_card ?? ''}
          maxLength={40}
          onChange={(card) => set({ id_card: card || undefined })}
        />
      </FormField>
      <FormField label={t('people:field.phone')} {...at('phone')}>
        <Input
          value={person.phone ?? ''}
          maxLength={40}
          onChange={(phone) => set({ phone: phone || undefined })}
        />
      </FormField>
      <FormField label={t('people:field.email')} {...at('email')}>
        <Input
          value={person.email ?? ''}
          maxLength={254}
          onChange={(email) => set({ email: email || undefined })}
        />
      </FormField>
      <FormField label={t('people:column.party')} {...at('party_unit_id')}>
        <TreeSelect
          rows={party.data ?? []}
          clearable
          value={person.party_unit_id}
          onChange={(id) => set({ party_unit_id: id })}
        />
      </FormField>
      <FormField label={t('people:column.admin')} {...at('admin_unit_id')}>
        <TreeSelect
          rows={admin.data ?? []}
          clearable
          value={person.admin_unit_id}
          onChange={(id) => set({ admin_unit_id: id })}
        />
      </FormField>
      <FormField label={t('people:column.stage')} {...at('stage')}>
        <Select
          clearable
          value={person.stage}
          options={stages.map((stage) => ({ value: stage, label: t(`common:stage.${stage}`) }))}
          onChange={(stage) => set({ stage })}
        />
      </FormField>
      <FormField label={t('people:column.rank')} {...at('rank')}>
        <Select
          clearable
          value={person.rank}
          options={ranks.map((rank) => ({ value: rank, label: t(`common:rank.${rank}`) }))}
          onChange={(rank) => set({ rank })}
        />
      </FormField>
      <FormField label={t('people:field.from')} hint={t('people:field.fromHint')} {...at('from')}>
        <DatePicker clearable value={person.from} onChange={(from) => set({ from })} />
      </FormField>
    </FormDrawer>
  );
}
