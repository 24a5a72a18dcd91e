import { useState } from 'react';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { Segmented } from '@/components/ui/tabs';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { useSavePaper, type Item, type Paper, type PaperInput, type Row } from './api/papers';
import { BlueprintEditor } from './blueprint-editor';
import { ItemsEditor } from './items-editor';

interface PaperDrawerProps {
  paper?: Paper;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

/** A paper by hand or by blueprint: how many of which kind and tag, at how many points. */
export function PaperDrawer({ paper, onClose, onSaved }: PaperDrawerProps) {
  const t = useT('papers');
  const saving = useSavePaper(paper?.id);
  const [title, setTitle] = useState(paper?.title ?? '');
  const [partial, setPartial] = useState<NonNullable<PaperInput['partial']>>(paper?.partial ?? 'half');
  const [mode, setMode] = useState(paper?.mode ?? 'blueprint');
  const [rows, setRows] = useState<Row[]>(paper?.blueprint ?? []);
  const [items, setItems] = useState<Item[]>(paper?.items ?? []);
  function save() {
    const body: PaperInput = {
      title,
      partial,
      ...(mode === 'hand' ? { items } : { blueprint: rows }),
      ...(paper && { version: paper.version }),
    };
    saving.mutate(body, {
      onSuccess: (saved) => {
        toast(t('papers:saved'));
        onClose();
        onSaved?.(saved.id);
      },
    });
  }
  const field = (name: string) => ({ name, error: saving.error });
  return (
    <FormDrawer
      width={760}
      title={paper ? t('papers:edit') : t('papers:add')}
      onClose={onClose}
      saving={saving}
      onSave={save}
      fields={['title', 'partial']}
    >
      <FormField label={t('papers:column.title')} {...field('title')}>
        <Input value={title} maxLength={120} onChange={setTitle} />
      </FormField>
      <FormField label={t('papers:field.partial')} hint={t('papers:field.partialHint')} {...field('partial')}>
        <Select
          value={partial}
          options={(['full', 'half'] as const).map((one) => ({
            value: one,
            label: t(`papers:partial.${one}`),
          }))}
          onChange={(next) => setPartial((next ?? 'full') as typeof partial)}
        />
      </FormField>
      <div className="stack">
        <Segmented
          label={t('papers:column.mode')}
          current={mode}
          onChange={setMode}
          options={[
            { key: 'blueprint', title: t('papers:mode.blueprint') },
            { key: 'hand', title: t('papers:mode.hand') },
          ]}
        />
        {mode === 'blueprint' ? (
          <BlueprintEditor rows={rows} onChange={setRows} />
        ) : (
          <ItemsEditor items={items} onChange={setItems} />
        )}
      </div>
    </FormDrawer>
  );
}
