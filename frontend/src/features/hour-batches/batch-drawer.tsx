import { useState } from 'react';
import type { HourBatchContentBodySource } from '@/api/model/hourBatchContentBodySource';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { FilePicker } from '@/components/ui/file-picker';
import { Segmented } from '@/components/ui/tabs';
import { toast } from '@/components/ui/toast';
import { formatHours } from '@/lib/hours';
import { useT } from '@/lib/t';
import { useSaveBatch, type Batch, type BatchInput } from './api/batches';
import { readRoster, writeRoster } from './roster';

const SOURCES: HourBatchContentBodySource[] = [
  'offline_training',
  'live_class',
  'teaching',
  'paper',
  'activity',
  'external_platform',
  'manual',
];

interface BatchDrawerProps {
  batch?: Batch;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

/** What was held, on which document, for whom, and the scan that proves it. */
export function BatchDrawer({ batch, onClose, onSaved }: BatchDrawerProps) {
  const t = useT('hour-batches', 'hours', 'common', 'ui');
  const [held, setHeld] = useState(batch);
  const [usual, setUsual] = useState(batch?.people?.[0]?.amount_centi ?? 400);
  const [roster, setRoster] = useState(() => writeRoster(batch?.people ?? [], usual));
  const [file, setFile] = useState<File>();
  const [input, setInput] = useState(() => inputOf(batch));
  const set = (change: Partial<BatchInput>) => setInput((before) => ({ ...before, ...change }));
  const saving = useSaveBatch(setHeld);
  const field = (name: string) => ({ name, error: saving.error });
  const people = readRoster(roster, usual);
  const total = people.reduce((sum, line) => sum + line.amount_centi, 0);
  function save() {
    saving.mutate(
      { batch: held, input: { ...input, people }, file },
      {
        onSuccess: (saved) => {
          toast(t('hour-batches:saved'));
          onClose();
          onSaved?.(saved.id);
        },
      },
    );
  }
  return (
    <FormDrawer
      width={640}
      title={batch ? t('hour-batches:edit') : t('hour-batches:add')}
      onClose={onClose}
      onSave={save}
      saving={saving}
      verb={t('hour-batches:save')}
      fields={['title', 'document_no', 'document_on', 'organiser', 'source', 'starts_on', 'ends_on', 'note']}
    >
      <FormField label={t('hour-batches:field.title')} {...field('title')}>
        <Input value={input.title} maxLength={200} onChange={(title) => set({ title })} />
      </FormField>
      <FormField label={t('hour-batches:field.documentNo')} {...field('document_no')}>
        <Input value={input.document_no} maxLength={100} onChange={(document_no) => set({ document_no })} />
      </FormField>
      <FormField label={t('hour-batches:field.documentOn')} {...field('document_on')}>
        <DatePicker value={input.document_on} onChange={(on) => set({ document_on: on ?? '' })} />
      </FormField>
      <FormField label={t('hour-batches:field.organiser')} {...field('organiser')}>
        <Input value={input.organiser} maxLength={100} onChange={(organiser) => set({ organiser })} />
      </FormField>
      <FormField label={t('hour-batches:field.source')} {...field('source')}>
        <Select
          value={input.source}
          onChange={(source) => set({ source: (source ?? 'offline_training') as HourBatchContentBodySource })}
          options={SOURCES.map((source) => ({ value: source, label: t(`hours:source.${source}`) }))}
        />
      </FormField>
      <FormField label={t('hour-batches:field.startsOn')} {...field('starts_on')}>
        <DatePicker
          value={input.starts_on}
          onChange={(on) => set({ starts_on: on ?? '', ends_on: input.ends_on || (on ?? '') })}
        />
      </FormField>
      <FormField label={t('hour-batches:field.endsOn')} {...field('ends_on')}>
        <DatePicker value={input.ends_on} onChange={(on) => set({ ends_on: on ?? '' })} />
      </FormField>
      <FormField label={t('hour-batches:field.required')}>
        <Segmented
          label={t('hour-batches:field.required')}
          current={input.required ? 'required' : 'elective'}
          onChange={(key) => set({ required: key === 'required' })}
          options={[
            { key: 'required', title: t('common:required') },
            { key: 'elective', title: t('common:elective') },
          ]}
        />
      </FormField>
      <FormField label={t('hour-batches:field.usual')}>
        <NumberField
          value={usual}
          onChange={(next) => setUsual(next ?? 0)}
          scale={100}
          min={0}
          max={20_000}
          step={50}
          unit={t('hour-batches:unit')}
        />
      </FormField>
      <FormField
        label={t('hour-batches:field.people')}
        hint={t('hour-batches:field.peopleHint', { count: people.length, hours: formatHours(total) })}
        {...field('people')}
      >
        <TextArea value={roster} rows={6} onChange={setRoster} placeholder={'20190412\n20220135 6.5'} />
      </FormField>
      <FormField label={t('hour-batches:field.file')} hint={t('hour-batches:field.fileHint')}>
        <FilePicker
          accept=".pdf,.jpg,.jpeg,.png"
          label={t('hour-batches:field.choose')}
          chosen={file?.name ?? held?.file?.name}
          onChoose={setFile}
        />
      </FormField>
      <FormField label={t('hour-batches:field.note')} {...field('note')}>
        <TextArea value={input.note ?? ''} rows={2} maxLength={500} onChange={(note) => set({ note })} />
      </FormField>
    </FormDrawer>
  );
}

function inputOf(batch: Batch | undefined): BatchInput {
  return {
    title: batch?.title ?? '',
    document_no: batch?.document_no ?? '',
    document_on: batch?.document_on ?? '',
    organiser: batch?.organiser ?? '',
    source: batch?.source ?? 'offline_training',
    starts_on: batch?.starts_on ?? '',
    ends_on: batch?.ends_on ?? '',
    required: batch?.required ?? true,
    note: batch?.note ?? '',
    people: [],
  };
}
