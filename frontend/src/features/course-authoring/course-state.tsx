import { Tag } from '@/components/ui/tag';
import { useT } from '@/lib/t';
import type { Course } from './api/courses';

const tones = { draft: 'warn', published: 'ok', unpublished: 'plain' } as const;

export function CourseStateTag({ state }: { state: Course['state'] }) {
  const t = useT('course-authoring');
  return <Tag tone={tones[state]}>{t(`course-authoring:state.${state}`)}</Tag>;
}
