/**
 * The wire shapes of watching a lesson, as the API sends them.
 *
 * Positions and lengths are milliseconds of the medium; hours are centi-hours.
 */

/** Part of the medium, `[from, to)` in milliseconds. */
export type Range = [number, number];

export interface Span {
  from_ms: number;
  to_ms: number;
  rate: number;
}

/** A watched part that earned nothing, and why. */
export interface NotCounted {
  from_ms: number;
  to_ms: number;
  /** A reason key such as `learning.other_device`. */
  reason: string;
  /** The sentence for a person, by language. */
  messages?: Partial<Record<'zh-CN' | 'en', string>>;
  at?: string;
}

export interface PlayLesson {
  id: string;
  title: string;
  course_id: string;
  course_title: string;
  hours_centi: number;
}

export interface PlayOpened {
  id: string;
  lesson: PlayLesson;
  server_now: string;
  resume_ms: number;
  max_rate: number;
  report_every_s: number;
  threshold_percent: number;
  /** Coverage that completes the lesson. */
  needed_ms: number;
  allow_skip: boolean;
  media: {
    version: number;
    duration_ms: number;
    master_url: string;
    poster_url?: string | null;
  };
  coverage: Range[] | null;
  credited_ms: number;
  completed_at?: string | null;
  not_counted?: NotCounted[] | null;
  /** Absent where nobody is asked whether he is there. */
  presence?: { due_ms: number; answer_s: number; on_miss: 'pause' | 'continue' };
}

/** A presence check: what it asks and until when. */
export interface CheckAsked {
  seq: number;
  kind: 'confirm' | 'sum';
  a: number;
  b: number;
  options: { id: string; text: string }[];
  answer_by: string;
  server_now: string;
}

export interface CheckAnswered {
  passed: boolean;
  late: boolean;
  due_ms: number;
}

export interface PlayReport {
  seq: number;
  position_ms: number;
  spans: Span[];
}

export interface ReportAck {
  server_now: string;
  coverage: Range[] | null;
  credited_ms: number;
  completed_at?: string | null;
  superseded: boolean;
  refused: NotCounted[] | null;
}

export interface LessonProgress {
  covered_ms: number;
  percent: number;
  completed_at?: string | null;
}

export interface OutlineLesson {
  id: string;
  title: string;
  duration_ms: number;
  hours_centi: number;
  playable?: boolean;
  progress?: LessonProgress | null;
}

export interface OutlineChapter {
  id: string;
  title: string;
  lessons: OutlineLesson[] | null;
}

export interface CourseOutline {
  course: { id: string; title: string; required?: boolean; teacher_name?: string | null };
  chapters: OutlineChapter[] | null;
}
