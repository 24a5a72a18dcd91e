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
  state: 'done' | 'near' | 'short' | 'late';
  /** The one that speaks for the person in lists. */
  lead: boolean;
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
  reason: string;
  /** The most that any policy counts of it. */
  counted_centi: number;
  state: 'counted' | 'partly' | 'not_counted' | 'reversed' | 'reversal';
  /** What each policy counts of it, and why not the rest. */
  counts: { policy_id: string; policy_name: string; counted_centi: number; reasons: NotCounted[] }[];
}

export interface MyHours {
  year: number;
  obligations: Obligation[];
  events: HourEvent[];
}

/** The leading obligation first. */
export function byLead(obligations: Obligation[]): Obligation[] {
  return obligations.toSorted(
    (a, b) => Number(b.lead) - Number(a.lead) || b.shortfall_centi - a.shortfall_centi,
  );
}

/** Why an event did not count in full: each reason once, with the policies it holds for when there are several. */
export function notCounted(event: HourEvent): { reason: NotCounted; policies: string[] }[] {
  if (event.state === 'counted' || event.state === 'reversal') return [];
  if (event.state === 'reversed') return [{ reason: 'reversed', policies: [] }];
  const found = new Map<NotCounted, string[]>();
  for (const count of event.counts) {
    for (const reason of count.reasons) {
      found.set(reason, [...(found.get(reason) ?? []), count.policy_name]);
    }
  }
  const all = event.counts.length;
  return [...found].map(([reason, policies]) => ({
    reason,
    policies: policies.length === all ? [] : policies,
  }));
}

export const myHoursQuery = (year?: number) =>
  queryOptions({
    queryKey: ['my-hours', year ?? 'now'],
    queryFn: ({ signal }) => http.get<MyHours>(withQuery('/my-hours', { year }), { signal }),
  });
