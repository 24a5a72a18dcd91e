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
  /** A reason key such as `learning.played_elsewhere`. */
  reason: string;
  at?: string;
}

export interface PlayLesson {
  id: string;
  title: string;
  course_id?: string;
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
  allow_skip: boolean;
  media: {
    version: string | number;
    duration_ms: number;
    master_url: string;
    poster_url?: string | null;
  };
  coverage: Range[] | null;
  credited_ms: number;
  completed_at?: string | null;
  not_counted?: NotCounted[] | null;
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
  ready?: boolean;
  progress?: LessonProgress | null;
}

export interface OutlineChapter {
  id: string;
  title: string;
  lessons: OutlineLesson[] | null;
}

export interface CourseOutline {
  course: { id: string; title: string; required?: boolean; lecturer?: string | null };
  chapters: OutlineChapter[] | null;
}
