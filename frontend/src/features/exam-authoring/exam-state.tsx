import { Tag } from '@/components/ui/tag';
import { serverNow } from '@/lib/clock';
import { useT } from '@/lib/t';
import type { Exam } from './api/exams';

/** Draft, before, running, over or cancelled, by the server's clock. */
export function phaseOf(exam: Exam): 'draft' | 'upcoming' | 'open' | 'closed' | 'cancelled' {
  if (exam.state !== 'published') return exam.state;
  const now = serverNow();
  if (now < Date.parse(exam.opens_at)) return 'upcoming';
  return now < Date.parse(exam.closes_at) ? 'open' : 'closed';
}

const tones = { draft: 'warn', upcoming: 'plain', open: 'ok', closed: 'plain', cancelled: 'accent' } as const;

export function ExamStateTag({ exam }: { exam: Exam }) {
  const t = useT('exam-authoring');
  const phase = phaseOf(exam);
  return <Tag tone={tones[phase]}>{t(`exam-authoring:phase.${phase}`)}</Tag>;
}
