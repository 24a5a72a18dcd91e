import { queryOptions } from '@tanstack/react-query';
import type { MyAttemptBody } from '../../api/model/myAttemptBody';
import type { MyExamBody } from '../../api/model/myExamBody';
import { listMyExams } from '../../api/my-exams/my-exams';

export type AttemptState = 'ready' | 'in_progress' | 'submitted' | 'marking' | 'graded' | 'voided';

export type MyExam = Omit<MyExamBody, 'attempt'> & {
  /** The newest one; null before it is made. */
  attempt: (Omit<MyAttemptBody, 'state'> & { state: AttemptState }) | null;
};

/** The exams set for me, at most 200: what one person can have before him. */
export const myExamsQuery = queryOptions({
  queryKey: ['my-exams'],
  queryFn: ({ signal }) => listMyExams({ limit: 200 }, { signal }) as Promise<{ items: MyExam[] }>,
});
