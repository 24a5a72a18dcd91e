import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { FormField, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { toast } from '@/components/ui/toast';
import { http } from '@/lib/http';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { auditFilter } from './filter';

/** A file of the entries that the filter shows, for a reason that is itself recorded. */
export function AuditExportDrawer({ onClose }: { onClose: () => void }) {
  const t = useT('audit-trail');
  const client = useQueryClient();
  const navigate = useNavigate();
  const [url] = useUrlState();
  const [format, setFormat] = useState<'xlsx' | 'csv'>('xlsx');
  const [reason, setReason] = useState('');
  const order = useMutation({
    mutationFn: () =>
      http.post('/audit-exports', { filter: auditFilter(url), format, reason: reason.trim() }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['exports'] });
      toast(t('audit-trail:export.begun'));
      void navigate({ to: paths.staffExports() });
    },
  });
  return (
    <FormDrawer
      title={t('audit-trail:export.title')}
      onClose={onClose}
      onSave={() => order.mutate()}
      saving={order}
      fields={['reason']}
      verb={t('audit-trail:export.verb')}
      incomplete={reason.trim().length < 2}
      before={
        <p className="s" style={{ marginBottom: 12 }}>
          {t('audit-trail:export.detail')}
        </p>
      }
    >
      <FormField label={t('audit-trail:export.format')}>
        <Select
          value={format}
          options={(['xlsx', 'csv'] as const).map((one) => ({
            value: one as string,
            label: t(`audit-trail:export.${one}`),
          }))}
          onChange={(value) => setFormat(value === 'csv' ? 'csv' : 'xlsx')}
        />
      </FormField>
      <FormField
        label={t('audit-trail:export.reason')}
        hint={t('audit-trail:export.reasonHint')}
        name="reason"
        error={order.error}
      >
        <TextArea value={reason} rows={3} maxLength={500} onChange={setReason} />
      </FormField>
    </FormDrawer>
  );
}
