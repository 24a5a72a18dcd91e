import { useState } from 'react';
import { AudienceEditor } from '@/components/audience/audience-editor';
import { Section } from '@/components/ui/card';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { TagsInput } from '@/components/ui/desk/select';
import { Segmented } from '@/components/ui/tabs';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { useSaveCourse, type CourseInput, type Outline } from './api/courses';
import { PresenceFields } from './presence-fields';

const blank: CourseInput = {
  title: '',
  summary: '',
  category: '',
  tags: [],
  teacher_name: '',
  required: false,
  audience: {},
  presence: { every_min: 0, answer_s: 60, ask: 'confirm', on_miss: 'pause' },
};

function inputOf({
  title,
  summary,
  category,
  tags,
  teacher_name,
  required,
  audience,
  cover_medium_id,
  presence,
}: Outline): CourseInput {
  return { title, summary, category, tags, teacher_name, required, audience, cover_medium_id, presence };
}

interface CourseDrawerProps {
  course?: Outline;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

/** What a course is, for whom, and whether it is required. */
export function CourseDrawer({ course, onClose, onSaved }: CourseDrawerProps) {
  const t = useT('course-authoring', 'audience', 'common');
  const saving = useSaveCourse(course);
  const [input, setInput] = useState<CourseInput>(() => (course ? inputOf(course) : blank));
  const set = (change: Partial<CourseInput>) => setInput((before) => ({ ...before, ...change }));
  const field = (name: string) => ({ name, error: saving.error });
  function save() {
    saving.mutate(input, {
      onSuccess: (saved) => {
        toast(t('course-authoring:saved'));
        onClose();
        onSaved?.(saved.id);
      },
    });
  }
  return (
    <FormDrawer
      width={640}
      title={course ? t('course-authoring:edit') : t('course-authoring:add')}
      onClose={onClose}
      saving={saving}
      onSave={save}
      fields={['title', 'summary', 'category', 'tags', 'teacher_name']}
    >
      <FormField label={t('course-authoring:field.title')} {...field('title')}>
        <Input value={input.title} maxLength={120} onChange={(title) => set({ title })} />
      </FormField>
      <FormField label={t('course-authoring:field.summary')} {...field('summary')}>
        <TextArea
          value={input.summary ?? ''}
          rows={3}
          maxLength={2000}
          onChange={(summary) => set({ summary })}
        />
      </FormField>
      <FormField label={t('course-authoring:field.teacher')} {...field('teacher_name')}>
        <Input
          value={input.teacher_name ?? ''}
          maxLength={60}
          onChange={(teacher_name) => set({ teacher_name })}
        />
      </FormField>
      <FormField
        label={t('course-authoring:field.category')}
        hint={t('course-authoring:field.categoryHint')}
        {...field('category')}
      >
        <Input value={input.category ?? ''} maxLength={40} onChange={(category) => set({ category })} />
      </FormField>
      <FormField label={t('course-authoring:field.tags')} {...field('tags')}>
        <TagsInput value={input.tags ?? []} onChange={(tags) => set({ tags })} />
      </FormField>
      <FormField label={t('course-authoring:column.required')}>
        <Segmented
          label={t('course-authoring:column.required')}
          current={input.required ? 'required' : 'elective'}
          onChange={(key) => set({ required: key === 'required' })}
          options={[
            { key: 'elective', title: t('common:elective') },
            { key: 'required', title: t('common:required') },
          ]}
        />
      </FormField>
      <Section title={t('course-authoring:field.audience')}>
        <AudienceEditor value={input.audience ?? {}} onChange={(audience) => set({ audience: audience })} />
      </Section>
      <PresenceFields
        value={input.presence}
        onChange={(presence) => set({ presence })}
        error={saving.error}
      />
    </FormDrawer>
  );
}
