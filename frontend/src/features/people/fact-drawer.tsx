import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { TreeSelect } from '@/components/ui/desk/tree-select';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { ranks, stages } from '@/lib/org';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { unitsQuery } from '@/lib/units';
import { usePersonDeeds, type PersonRecord } from './api/people';

type What = 'stage' | 'rank' | 'party' | 'admin';
const verbs = { stage: 'stages', rank: 'ranks', party: 'memberships', admin: 'memberships' } as const;

interface FactDrawerProps {
  person: PersonRecord;
  open: boolean;
  onClose: () => void;
}

/** A later stage, rank or unit from a day on; the one before ends with the day before. */
export function FactDrawer({ person, open, onClose }: FactDrawerProps) {
  const t = useT('people', 'common');
  const { addFact } = usePersonDeeds(person.id);
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  const [what, setWhat] = useState<What>('stage');
  const [value, setValue] = useState<string>();
  const [from, setFrom] = useState<string | undefined>(() => isoDate(serverNow()));
  const [document, setDocument] = useState('');
  const before = {
    stage: person.stage && t(`common:stage.${person.stage}`),
    rank: person.rank && t(`common:rank.${person.rank}`),
    party: person.party_unit_name,
    admin: person.admin_unit_name,
  }[what];
  function save() {
    addFact.mutate(
      { kind: verbs[what], value: value ?? '', from: from ?? '', document },
      {
        onSuccess: () => {
          toast(t('people:fact.added'));
          setValue(undefined);
          setDocument('');
          onClose();
        },
      },
    );
  }
  return (
    <FormDrawer
      open={open}
      title={t('people:fact.add')}
      onClose={onClose}
      saving={addFact}
      onSave={save}
      incomplete={!value || !from}
      fields={['value', 'from', 'document']}
    >
      <FormField label={t('people:fact.what')}>
        <Select
          value={what}
          options={(['stage', 'rank', 'party', 'admin'] as const).map((one) => ({
            value: one,
            label: t(`people:column.${one}`),
          }))}
          onChange={(next) => {
            setWhat((next ?? 'stage') as What);
            setValue(undefined);
          }}
        />
      </FormField>
      <FormField
        label={t('people:fact.value')}
        name="value"
        error={addFact.error}
        hint={before ? t('people:fact.now', { value: before }) : t('people:fact.nowNone')}
      >
        {what === 'stage' || what === 'rank' ? (
          <Select
            value={value}
            options={
              what === 'stage'
                ? stages.map((stage) => ({ value: stage as string, label: t(`common:stage.${stage}`) }))
                : ranks.map((rank) => ({ value: rank as string, label: t(`common:rank.${rank}`) }))
            }
            onChange={setValue}
          />
        ) : (
          <TreeSelect
            rows={(what === 'party' ? party.data : admin.data) ?? []}
            value={value}
            onChange={setValue}
          />
        )}
      </FormField>
      <FormField
        label={t('people:fact.from')}
        name="from"
        error={addFact.error}
        hint={t('people:fact.fromHint')}
      >
        <DatePicker value={from} onChange={setFrom} />
      </FormField>
      <FormField
        label={t('people:fact.document')}
        name="document"
        error={addFact.error}
        hint={t('people:fact.documentHint')}
      >
        <Input value={document} maxLength={300} onChange={setDocument} />
      </FormField>
    </FormDrawer>
  );
}
