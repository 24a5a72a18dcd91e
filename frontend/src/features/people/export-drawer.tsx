import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { FormField, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { CheckField } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { http } from '@/lib/http';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { filterOf } from './api/people';

const columns = [
  'kind',
  'gender',
  'born_on',
  'phone',
  'email',
  'party_unit',
  'admin_unit',
  'stage',
  'stage_on',
  'rank',
  'rank_on',
  'status',
  'id_card',
] as const;
type Column = (typeof columns)[number];

const usual: Column[] = ['kind', 'gender', 'party_unit', 'admin_unit', 'stage', 'stage_on', 'rank', 'status'];

/** A file of everybody whom the list's filter selects: which columns, which format, and why. */
export function ExportDrawer({ onClose }: { onClose: () => void }) {
  const t = useT('people');
  const session = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [url] = useUrlState();
  const [chosen, setChosen] = useState<Column[]>(usual);
  const [format, setFormat] = useState<'xlsx' | 'csv'>('xlsx');
  const [reason, setReason] = useState('');
  const order = useMutation({
    mutationFn: () =>
      http.post('/people-exports', { filter: filterOf(url), columns: chosen, format, reason: reason.trim() }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['exports'] });
      toast(t('people:export.begun'));
      void navigate({ to: paths.staffExports() });
    },
  });
  const reveals = can(session, [permissions.staff.peopleManage]);
  return (
    <FormDrawer
      title={t('people:export.title')}
      width={480}
      onClose={onClose}
      onSave={() => order.mutate()}
      saving={order}
      fields={['reason']}
      verb={t('people:export.verb')}
      incomplete={reason.trim().length < 2}
      before={<p className="s">{t('people:export.text')}</p>}
    >
      <fieldset style={{ border: 0, padding: 0, margin: '0 0 16px' }}>
        <legend style={{ marginBottom: 8 }}>{t('people:export.columns')}</legend>
        {columns
          .filter((column) => column !== 'id_card' || reveals)
          .map((column) => (
            <CheckField
              key={column}
              label={t(`people:export.column.${column}`)}
              checked={chosen.includes(column)}
              onChange={({ target }) =>
                setChosen(target.checked ? [...chosen, column] : chosen.filter((one) => one !== column))
              }
            />
          ))}
        {!reveals && <p className="xs">{t('people:export.masked')}</p>}
      </fieldset>
      <FormField label={t('people:export.format')}>
        <Select
          value={format}
          options={(['xlsx', 'csv'] as const).map((one) => ({
            value: one as string,
            label: t(`people:export.${one}`),
          }))}
          onChange={(value) => setFormat(value === 'csv' ? 'csv' : 'xlsx')}
        />
      </FormField>
      <FormField
        label={t('people:export.reason')}
        hint={t('people:export.reasonHint')}
        name="reason"
        error={order.error}
      >
        <TextArea value={reason} rows={3} maxLength={500} onChange={setReason} />
      </FormField>
    </FormDrawer>
  );
}
