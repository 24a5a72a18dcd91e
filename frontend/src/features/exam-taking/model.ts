/**
 * The wire shapes of sitting an exam, as the API sends them.
 *
 * Times are RFC 3339 UTC strings of the server's clock; marks are integers in
 * thousandths of a point.
 */

export type QuestionKind = 'single' | 'multiple' | 'judgement';

export interface Option {
  id: string;
  text: string;
}

export interface AttemptItem {
  id: string;
  kind: QuestionKind;
  stem: string;
  points_milli: number;
  options: Option[];
  /** The answer that counts on the server now; null when there is none. */
  answer: string[] | null;
  /** The sequence of that answer; 0 when there is none. */
  answer_seq: number;
}

export type AttemptState = 'ready' | 'in_progress' | 'submitted' | 'marking' | 'graded' | 'voided';

export interface Attempt {
  id: string;
  exam_id: string;
  title: string;
  state: AttemptState;
  /** Which device may write; a save with an older epoch is refused. 0 while another device holds it. */
  epoch: number;
  held_elsewhere: boolean;
  /** Null before the start, as is due_at. */
  started_at: string | null;
  due_at: string | null;
  grace_ms: number;
  server_now: string;
  last_seq: number;
  submitted_at?: string | null;
  receipt?: string | null;
  /** Empty unless in progress. */
  items: AttemptItem[];
}

export interface SaveAck {
  server_now: string;
  server_seq: number;
  due_at: string;
  saved: string[] | null;
  sealed: string[] | null;
  receipt: string;
  state?: AttemptState;
}

export interface SubmitAck {
  id: string;
  state: AttemptState;
  submitted_at: string;
  submitted_by?: 'person' | 'clock';
  server_now: string;
  receipt: string;
}

export type ExamPhase = 'upcoming' | 'open' | 'closed';

export interface MyExam {
  id: string;
  title: string;
  description?: string;
  opens_at: string;
  closes_at: string;
  duration_s: number;
  question_count: number;
  total_milli: number;
  pass_mark_milli: number;
  attempts_allowed: number;
  attempts_used: number;
  hours_centi?: number;
  phase: ExamPhase;
  attempt?: {
    id: string;
    state: AttemptState;
    due_at?: string | null;
    score_milli?: number | null;
    passed?: boolean | null;
  } | null;
  server_now?: string;
}

export interface ReviewItem {
  id: string;
  kind: QuestionKind;
  stem: string;
  points_milli: number;
  score_milli?: number;
  options: Option[];
  your_answer: string[] | null;
  key: string[];
  explanation?: string;
  source?: string;
  /** Marked otherwise than first published: by another key, full marks for all, or not at all. */
  corrected?: 'key' | 'full' | 'void';
}

export interface Review {
  title?: string;
  state: AttemptState;
  submitted_at?: string | null;
  released: boolean;
  release_at?: string | null;
  score_milli?: number | null;
  total_milli?: number | null;
  passed?: boolean | null;
  /** As it counted; a question that was taken out lowers it. */
  pass_mark_milli?: number | null;
  /** Why it was graded last; with the result. */
  cause?: 'first' | 'regrade' | 'late_included';
  graded_at?: string | null;
  voided_at?: string | null;
  void_reason?: string;
  items?: ReviewItem[] | null;
}
