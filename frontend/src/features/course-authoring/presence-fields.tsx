import type { CoursePresenceBody } from '@/api/model/coursePresenceBody';
import { Section } from '@/components/ui/card';
import { FormField } from '@/components/ui/desk/form';
import { Select } from '@/components/ui/desk/select';
import { useT } from '@/lib/t';

interface PresenceFieldsProps {
  value: CoursePresenceBody | undefined;
  onChange: (value: CoursePresenceBody) => void;
  error: unknown;
}

const EVERY = [5, 10, 15, 20, 30, 45];
const ANSWER = [30, 60, 120, 300];

/** How the lessons of a course ask whether somebody is there. */
export function PresenceFields({ value, onChange, error }: PresenceFieldsProps) {
  const t = useT('course-authoring');
  const { every_min = 0, answer_s = 60, ask = 'confirm', on_miss = 'pause' } = value ?? {};
  const set = (change: Partial<CoursePresenceBody>) =>
    onChange({ every_min, answer_s, ask, on_miss, ...change });
  const numbers = (list: number[], held: number, say: (count: number) => string) =>
    [...new Set([...list, held])]
      .toSorted((a, b) => a - b)
      .map((count) => ({ value: String(count), label: say(count) }));
  return (
    <Section title={t('course-authoring:presence.title')}>
      <p className="s" style={{ marginBottom: 16 }}>
        {t('course-authoring:presence.hint')}
      </p>
      <FormField label={t('course-authoring:presence.every')} name="presence.every_min" error={error}>
        <Select
          value={String(every_min)}
          onChange={(next) => set({ every_min: Number(next ?? 0) })}
          options={numbers([0, ...EVERY], every_min, (count) =>
            count === 0
              ? t('course-authoring:presence.off')
              : t('course-authoring:presence.minutes', { count }),
          )}
        />
      </FormField>
      {every_min > 0 && (
        <>
          <FormField label={t('course-authoring:presence.ask')} name="presence.ask" error={error}>
            <Select
              value={ask}
              onChange={(next) => set({ ask: next === 'sum' ? 'sum' : 'confirm' })}
              options={[
                { value: 'confirm', label: t('course-authoring:presence.confirm') },
                { value: 'sum', label: t('course-authoring:presence.sum') },
              ]}
            />
          </FormField>
          <FormField label={t('course-authoring:presence.answer')} name="presence.answer_s" error={error}>
            <Select
              value={String(answer_s)}
              onChange={(next) => set({ answer_s: Number(next ?? 60) })}
              options={numbers(ANSWER, answer_s, (count) =>
                t('course-authoring:presence.seconds', { count }),
              )}
            />
          </FormField>
          <FormField label={t('course-authoring:presence.miss')} name="presence.on_miss" error={error}>
            <Select
              value={on_miss}
              onChange={(next) => set({ on_miss: next === 'continue' ? 'continue' : 'pause' })}
              options={[
                { value: 'pause', label: t('course-authoring:presence.pause') },
                { value: 'continue', label: t('course-authoring:presence.continue') },
              ]}
            />
          </FormField>
        </>
      )}
    </Section>
  );
}
