import { useState } from 'react';
import type { BankBody } from '@/api/model/bankBody';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { useSaveBank } from './api/banks';

interface BankDrawerProps {
  bank?: BankBody;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

/** A bank's name and what it is for. */
export function BankDrawer({ bank, onClose, onSaved }: BankDrawerProps) {
  const t = useT('question-bank');
  const [name, setName] = useState(bank?.name ?? '');
  const [description, setDescription] = useState(bank?.description ?? '');
  const saving = useSaveBank(bank?.id);
  function save() {
    saving.mutate(
      { name, description },
      {
        onSuccess: (saved) => {
          toast(t('question-bank:saved'));
          onClose();
          onSaved?.(saved.id);
        },
      },
    );
  }
  return (
    <FormDrawer
      title={bank ? t('question-bank:edit') : t('question-bank:add')}
      onClose={onClose}
      saving={saving}
      onSave={save}
      fields={['name', 'description']}
    >
      <FormField label={t('question-bank:column.name')} name="name" error={saving.error}>
        <Input value={name} maxLength={80} onChange={setName} />
      </FormField>
      <FormField label={t('question-bank:field.description')} name="description" error={saving.error}>
        <TextArea value={description} maxLength={500} onChange={setDescription} />
      </FormField>
    </FormDrawer>
  );
}
