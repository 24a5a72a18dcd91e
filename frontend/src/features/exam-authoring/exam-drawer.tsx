import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AudienceEditor } from '@/components/audience/audience-editor';
import { Section } from '@/components/ui/card';
import { MomentPicker } from '@/components/ui/desk/date-picker';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { CheckField } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { useT } from '@/lib/t';
import { papersQuery, useSaveExam, type Exam, type ExamInput } from './api/exams';

const HOUR = 3_600_000;

/** A whole hour from now, for a week: what most exams start from. */
function blank(): ExamInput {
  const opens = Math.ceil(serverNow() / HOUR) * HOUR;
  return {
    title: '',
    description: '',
    paper_id: '',
    opens_at: new Date(opens).toISOString(),
    closes_at: new Date(opens + 7 * 24 * HOUR).toISOString(),
    duration_s: 3600,
    pass_mark_milli: 60_000,
    attempts_allowed: 1,
    shuffle_questions: true,
    shuffle_options: true,
    audience: {},
    review: 'after_close',
    hours_centi: 0,
  };
}

function inputOf(exam: Exam): ExamInput {
  const {
    title,
    description,
    paper_id,
    opens_at,
    closes_at,
    duration_s,
    grace_ms,
    pass_mark_milli,
    attempts_allowed,
  } = exam;
  const { shuffle_questions, shuffle_options, audience, review, hours_centi } = exam;
  return {
    title,
    description,
    paper_id,
    opens_at,
    closes_at,
    duration_s,
    grace_ms,
    pass_mark_milli,
    attempts_allowed,
    shuffle_questions,
    shuffle_options,
    audience,
    review,
    hours_centi,
  };
}

const fields = [
  'title',
  'description',
  'paper_id',
  'opens_at',
  'closes_at',
  'duration_s',
  'pass_mark_milli',
  'attempts_allowed',
  'review',
  'hours_centi',
];

interface ExamDrawerProps {
  exam?: Exam;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

/** An exam's paper, window and rules. They are fixed once it is published. */
export function ExamDrawer({ exam, onClose, onSaved }: ExamDrawerProps) {
  const t = useT('exam-authoring', 'audience');
  const papers = useQuery(papersQuery);
  const saving = useSaveExam(exam?.id);
  const [input, setInput] = useState<ExamInput>(() => (exam ? inputOf(exam) : blank()));
  const set = (change: Partial<ExamInput>) => setInput((before) => ({ ...before, ...change }));
  const field = (name: string) => ({ name, error: saving.error });
  function save() {
    saving.mutate(input, {
      onSuccess: (saved) => {
        toast(t('exam-authoring:saved'));
        onClose();
        onSaved?.(saved.id);
      },
    });
  }
  return (
    <FormDrawer
      width={640}
      title={exam ? t('exam-authoring:edit') : t('exam-authoring:add')}
      onClose={onClose}
      saving={saving}
      onSave={save}
      verb={t('exam-authoring:saveDraft')}
      fields={fields}
    >
      <FormField label={t('exam-authoring:column.title')} {...field('title')}>
        <Input value={input.title} maxLength={120} onChange={(title) => set({ title })} />
      </FormField>
      <FormField label={t('exam-authoring:field.paper')} {...field('paper_id')}>
        <Select
          value={input.paper_id || undefined}
          options={(papers.data ?? []).map((paper) => ({
            value: paper.id,
            label: t('exam-authoring:paperOption', { title: paper.title, count: paper.question_count }),
          }))}
          onChange={(paper_id) => set({ paper_id: paper_id ?? '' })}
        />
      </FormField>
      <FormField label={t('exam-authoring:field.description')} {...field('description')}>
        <TextArea
          value={input.description ?? ''}
          rows={2}
          maxLength={2000}
          onChange={(description) => set({ description })}
        />
      </FormField>
      <Section title={t('exam-authoring:section.time')}>
        <FormField label={t('exam-authoring:field.opens')} {...field('opens_at')}>
          <MomentPicker value={input.opens_at} onChange={(at) => at && set({ opens_at: at })} />
        </FormField>
        <FormField label={t('exam-authoring:field.closes')} {...field('closes_at')}>
          <MomentPicker value={input.closes_at} onChange={(at) => at && set({ closes_at: at })} />
        </FormField>
        <FormField
          label={t('exam-authoring:column.duration')}
          hint={t('exam-authoring:field.durationHint')}
          {...field('duration_s')}
        >
          <NumberField
            value={input.duration_s}
            scale={60}
            min={1}
            unit={t('exam-authoring:field.minutes')}
            onChange={(seconds) => set({ duration_s: seconds ?? 0 })}
          />
        </FormField>
      </Section>
      <Section title={t('exam-authoring:section.rules')}>
        <FormField label={t('exam-authoring:field.passMark')} {...field('pass_mark_milli')}>
          <NumberField
            value={input.pass_mark_milli}
            scale={1000}
            min={0}
            unit={t('exam-authoring:field.points')}
            onChange={(milli) => set({ pass_mark_milli: milli ?? 0 })}
          />
        </FormField>
        <FormField
          label={t('exam-authoring:field.attempts')}
          hint={t('exam-authoring:field.attemptsHint')}
          {...field('attempts_allowed')}
        >
          <NumberField
            value={input.attempts_allowed}
            min={1}
            max={10}
            onChange={(count) => set({ attempts_allowed: count ?? 1 })}
          />
        </FormField>
        <CheckField
          label={t('exam-authoring:field.shuffleQuestions')}
          checked={input.shuffle_questions ?? false}
          onChange={(event) => set({ shuffle_questions: event.target.checked })}
        />
        <CheckField
          label={t('exam-authoring:field.shuffleOptions')}
          checked={input.shuffle_options ?? false}
          onChange={(event) => set({ shuffle_options: event.target.checked })}
        />
        <FormField label={t('exam-authoring:field.review')} {...field('review')}>
          <Select
            value={input.review}
            options={(['never', 'after_submit', 'after_close'] as const).map((one) => ({
              value: one,
              label: t(`exam-authoring:review.${one}`),
            }))}
            onChange={(review) => set({ review: (review ?? 'never') as ExamInput['review'] })}
          />
        </FormField>
        <FormField
          label={t('exam-authoring:field.hours')}
          hint={t('exam-authoring:field.hoursHint')}
          {...field('hours_centi')}
        >
          <NumberField
            value={input.hours_centi}
            scale={100}
            min={0}
            step={0.5}
            unit={t('exam-authoring:field.hoursUnit')}
            onChange={(centi) => set({ hours_centi: centi ?? 0 })}
          />
        </FormField>
      </Section>
      <Section title={t('exam-authoring:section.audience')}>
        <AudienceEditor value={input.audience ?? {}} onChange={(audience) => set({ audience })} />
      </Section>
    </FormDrawer>
  );
}
