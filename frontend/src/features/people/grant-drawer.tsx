import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { UnitSelect } from '@/components/ui/desk/unit-select';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { ownName, rolesQuery, useAboutRole } from '@/lib/roles';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { usePersonDeeds } from './api/people';

/** A role over a unit and all below it, from a day on, with the reason for the record. */
export function GrantDrawer({
  personId,
  open,
  onClose,
}: {
  personId: string;
  open: boolean;
  onClose: () => void;
}) {
  const t = useT('people', 'common', 'ui');
  const { grant } = usePersonDeeds(personId);
  const roles = useQuery({ ...rolesQuery, enabled: open });
  const offered = (roles.data ?? []).filter((one) => one.id !== 'learner' && !one.retired_at);
  const [role, setRole] = useState('secretary');
  const chosen = offered.find((one) => one.id === role);
  const about = useAboutRole();
  const [unit, setUnit] = useState<string>();
  const [from, setFrom] = useState<string | undefined>(() => isoDate(serverNow()));
  const [until, setUntil] = useState<string>();
  const [reason, setReason] = useState('');
  function save() {
    grant.mutate(
      { role, unit_id: unit, from, until, reason },
      {
        onSuccess: ({ state }) => {
          toast(t(state === 'requested' ? 'people:grant.requested' : 'people:grant.given'));
          setReason('');
          onClose();
        },
      },
    );
  }
  return (
    <FormDrawer
      open={open}
      title={t('people:grant.add')}
      onClose={onClose}
      saving={grant}
      onSave={save}
      verb={t('people:grant.add')}
      fields={['role', 'unit_id', 'from', 'until', 'reason']}
    >
      <FormField
        label={t('people:grant.role')}
        name="role"
        error={grant.error}
        hint={[chosen && about(chosen), chosen?.approval && t('people:grant.needsApproval')]
          .filter(Boolean)
          .join(' ')}
      >
        <Select
          value={role}
          loading={roles.isPending}
          options={offered.map((one) => ({ value: one.id, label: ownName(one) }))}
          onChange={(next) => setRole(next ?? 'secretary')}
        />
      </FormField>
      <FormField
        label={t('people:grant.unit')}
        name="unit_id"
        error={grant.error}
        hint={t('people:grant.unitHint')}
      >
        <UnitSelect clearable value={unit} onChange={setUnit} />
      </FormField>
      <FormField label={t('people:grant.from')} name="from" error={grant.error}>
        <DatePicker value={from} onChange={setFrom} />
      </FormField>
      <FormField
        label={t('people:grant.until')}
        name="until"
        error={grant.error}
        hint={t('people:grant.untilHint')}
      >
        <DatePicker clearable value={until} onChange={setUntil} />
      </FormField>
      <FormField label={t('ui:confirm.reason')} name="reason" error={grant.error}>
        <TextArea value={reason} maxLength={500} onChange={setReason} />
      </FormField>
    </FormDrawer>
  );
}
