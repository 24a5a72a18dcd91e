import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { CheckField } from '@/components/ui/field';
import { Notice } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { useRested } from '@/lib/debounce';
import { useT } from '@/lib/t';
import { playTime } from '@/lib/time';
import { mediaChoiceQuery, useSaveLesson, type Lesson, type LessonInput, type Outline } from './api/courses';

interface LessonDrawerProps {
  course: Outline;
  chapterId: string;
  lesson?: Lesson;
  onClose: () => void;
}

/** A lesson: its video, when it counts as learnt, and what it earns. */
export function LessonDrawer({ course, chapterId, lesson, onClose }: LessonDrawerProps) {
  const t = useT('course-authoring');
  const saving = useSaveLesson(chapterId, lesson);
  const [search, setSearch] = useState('');
  const media = useQuery(mediaChoiceQuery(useRested(search)));
  const [input, setInput] = useState<LessonInput>(() => ({
    title: lesson?.title ?? '',
    medium_id: lesson?.medium_id || undefined,
    hours_centi: lesson?.hours_centi ?? 100,
    threshold_percent: lesson?.threshold_percent ?? 90,
    allow_skip: lesson?.allow_skip ?? true,
    max_rate_percent: lesson?.max_rate_percent ?? 200,
  }));
  const set = (change: Partial<LessonInput>) => setInput((before) => ({ ...before, ...change }));
  const field = (name: string) => ({ name, error: saving.error });
  const options = (media.data ?? []).map((medium) => ({
    value: medium.id,
    label:
      medium.state === 'ready'
        ? `${medium.filename} · ${playTime(medium.duration_ms)}`
        : t('course-authoring:mediumWaiting', { name: medium.filename }),
  }));
  if (lesson?.medium_id && !options.some((option) => option.value === lesson.medium_id)) {
    options.unshift({ value: lesson.medium_id, label: lesson.medium_name });
  }
  function save() {
    saving.mutate(
      { ...input, version: course.version },
      {
        onSuccess: () => {
          toast(t('course-authoring:lesson.saved'));
          onClose();
        },
      },
    );
  }
  return (
    <FormDrawer
      title={lesson ? t('course-authoring:lesson.edit') : t('course-authoring:lesson.add')}
      onClose={onClose}
      saving={saving}
      onSave={save}
      fields={['title', 'medium_id', 'hours_centi', 'threshold_percent', 'max_rate_percent']}
    >
      <FormField label={t('course-authoring:lesson.title')} {...field('title')}>
        <Input value={input.title} maxLength={120} onChange={(title) => set({ title })} />
      </FormField>
      <FormField
        label={t('course-authoring:lesson.video')}
        hint={t('course-authoring:lesson.videoHint')}
        {...field('medium_id')}
      >
        <Select
          value={input.medium_id}
          clearable
          loading={media.isFetching}
          options={options}
          onSearch={setSearch}
          onChange={(medium_id) => set({ medium_id })}
        />
      </FormField>
      {lesson?.has_records && input.medium_id !== lesson.medium_id && (
        <Notice tone="warn" icon="alert">
          {t('course-authoring:lesson.newVideo')}
        </Notice>
      )}
      <FormField label={t('course-authoring:lesson.hours')} {...field('hours_centi')}>
        <NumberField
          value={input.hours_centi}
          scale={100}
          min={0}
          step={0.25}
          unit={t('course-authoring:lesson.hoursUnit')}
          onChange={(centi) => set({ hours_centi: centi ?? 0 })}
        />
      </FormField>
      <FormField
        label={t('course-authoring:lesson.threshold')}
        hint={t('course-authoring:lesson.thresholdHint')}
        {...field('threshold_percent')}
      >
        <NumberField
          value={input.threshold_percent}
          min={1}
          max={100}
          unit="%"
          onChange={(percent) => set({ threshold_percent: percent ?? 90 })}
        />
      </FormField>
      <FormField
        label={t('course-authoring:lesson.rate')}
        hint={t('course-authoring:lesson.rateHint')}
        {...field('max_rate_percent')}
      >
        <Select
          value={String(input.max_rate_percent)}
          options={['100', '125', '150', '200', '300'].map((rate) => ({
            value: rate,
            label: `${Number(rate) / 100}×`,
          }))}
          onChange={(rate) => set({ max_rate_percent: Number(rate ?? 200) })}
        />
      </FormField>
      <CheckField
        label={t('course-authoring:lesson.skip')}
        checked={input.allow_skip ?? false}
        onChange={(event) => set({ allow_skip: event.target.checked })}
      />
    </FormDrawer>
  );
}
