import { queryOptions } from '@tanstack/react-query';
import { http, withQuery } from '../http';

export type HourSource =
  | 'online_video'
  | 'exam_pass'
  | 'offline_training'
  | 'external_platform'
  | 'live_class'
  | 'teaching'
  | 'paper'
  | 'activity'
  | 'manual';

/** Why hours of an event do not count, or not wholly. */
export type NotCounted =
  'reversed' | 'outside_audience' | 'repeat' | 'event_cap' | 'daily_max' | 'source_cap';

export interface SourceCap {
  source: HourSource;
  /** 0 = no cap. */
  cap_centi: number;
  counted_centi: number;
  uncounted_centi: number;
}

export interface Why {
  code: 'prorated' | 'part_of_year' | 'left_audience' | 'supersedes';
  params?: Record<string, unknown>;
}

/** What a policy demands in a year, and what is done. Hours are centi-hours. */
export interface Obligation {
  policy_id: string;
  policy_name: string;
  required_centi: number;
  counted_centi: number;
  /** Of which from required courses 必修. */
  required_part: { required_centi: number; counted_centi: number };
  caps: SourceCap[];
  shortfall_centi: number;
  /** Civil date. */
  due_on: string;
  days_left: number;
  reasons: Why[];
  /** What each event gave; present where the server itemises. */
  lines?: { event_id: string; counted_centi: number; not: NotCounted[] }[];
}

export interface HourEvent {
  id: string;
  kind: 'credit' | 'reversal';
  source: HourSource;
  title: string;
  amount_centi: number;
  required: boolean;
  /** Civil date. */
  occurred_on: string;
  recorded_at: string;
  reason?: string;
  /** Counted for the leading obligation, and why not the rest. */
  counted_centi?: number;
  not?: NotCounted[];
}

export interface MyHours {
  year: number;
  obligations: Obligation[];
  events: HourEvent[];
}

export const myHoursQuery = (year?: number) =>
  queryOptions({
    queryKey: ['my-hours', year ?? 'now'],
    queryFn: ({ signal }) => http.get<MyHours>(withQuery('/my-hours', { year }), { signal }),
  });
