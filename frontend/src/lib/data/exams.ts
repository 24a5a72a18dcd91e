import { queryOptions } from '@tanstack/react-query';
import { http, withQuery } from '../http';

export type ExamPhase = 'upcoming' | 'open' | 'closed';
export type AttemptState = 'ready' | 'in_progress' | 'submitted' | 'marking' | 'graded' | 'voided';

export interface MyExam {
  id: string;
  title: string;
  opens_at: string;
  closes_at: string;
  duration_s: number;
  question_count: number;
  total_milli: number;
  pass_mark_milli: number;
  attempts_allowed: number;
  attempts_used: number;
  phase: ExamPhase;
  hours_centi?: number;
  attempt?: {
    id: string;
    state: AttemptState;
    due_at?: string | null;
    score_milli?: number | null;
    passed?: boolean | null;
  } | null;
}

export const myExamsQuery = queryOptions({
  queryKey: ['my-exams'],
  queryFn: ({ signal }) =>
    http.get<{ items: MyExam[]; server_now: string }>(withQuery('/my-exams', { limit: 200 }), { signal }),
});
