import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http, withQuery, type Page } from '@/lib/http';
import type { Stage } from '@/lib/org';
import type { UrlState } from '@/lib/url-state';

export type YearState = 'done' | 'near' | 'short' | 'late';

export interface PersonHead {
  id: string;
  name: string;
  number: string;
  kind: string;
  stage: string;
  rank: string;
  unit_name: string;
}

export interface Part {
  required_centi: number;
  counted_centi: number;
}

export interface HoursRow extends Part {
  person: PersonHead;
  policy_id: string;
  policy_name: string;
  required_part: Part;
  shortfall_centi: number;
  /** Counted in the last 30 days. */
  recent_centi: number;
  state: YearState;
  prorated: boolean;
  due_on: string;
  last_on?: string | null;
  last_event_at?: string | null;
}

export interface Overview {
  year: number;
  people: number;
  done: number;
  near: number;
  late: number;
  total_centi: number;
  counted_centi: number;
  shortfall_centi: number;
  by_stage: { stage: Stage | ''; people: number; done: number }[];
  computed_at?: string | null;
  recomputing: boolean;
  server_now: string;
}

export interface BindingDocument {
  title: string;
  number: string;
  clause: string;
  clause_text: string;
}

export type Source =
  | 'online_video'
  | 'exam_pass'
  | 'offline_training'
  | 'external_platform'
  | 'live_class'
  | 'teaching'
  | 'paper'
  | 'activity'
  | 'manual';

export type Not = 'reversed' | 'outside_audience' | 'repeat' | 'event_cap' | 'daily_max' | 'source_cap';

export interface Obligation extends Part {
  policy_id: string;
  policy_name: string;
  version_number: number;
  document: BindingDocument;
  required_part: Part;
  caps: { source: Source; cap_centi: number; counted_centi: number; uncounted_centi: number }[];
  shortfall_centi: number;
  due_on: string;
  days_left: number;
  days_bound: number;
  state: YearState;
  reasons: { code: string; params?: Record<string, unknown> }[];
}

export interface HourEvent {
  id: string;
  seq: number;
  kind: 'credit' | 'reversal';
  source: Source;
  title: string;
  amount_centi: number;
  counted_centi: number;
  required: boolean;
  occurred_on: string;
  recorded_at: string;
  state: 'counted' | 'partly' | 'not_counted' | 'reversed' | 'reversal';
  rule: string;
  evidence_kind: string;
  evidence_id: string;
  reason: string;
  actor_name: string;
  counts: {
    policy_id: string;
    policy_name: string;
    version_number: number;
    counted_centi: number;
    reasons: Not[];
  }[];
}

export interface Chain {
  ok: boolean;
  entries: number;
  anchored_seq: number;
  break?: { seq: number; what?: string };
}

export interface PersonYear {
  person: PersonHead;
  year: number;
  as_of: string;
  obligations: Obligation[];
  events: HourEvent[];
  chain: Chain;
}

export interface SpanProof {
  from_ms: number;
  to_ms: number;
  rate_percent: number;
  started_at: string;
  ended_at: string;
}

export interface EventDetail {
  event: HourEvent;
  person: PersonHead;
  entry: { seq: number; hash: string; prev_hash: string };
  reversal?: HourEvent;
  reverses?: HourEvent;
  evidence: {
    kind: string;
    id: string;
    digest: string;
    missing: boolean;
    changed: boolean;
    lesson?: {
      lesson_title: string;
      course_title: string;
      media_version: number;
      duration_ms: number;
      covered_ms: number;
      threshold_percent: number;
      completed_at: string;
      devices: number;
      plays: { id: string; device_id: string; user_agent: string; opened_at: string; spans: SpanProof[] }[];
    };
    attempt?: {
      exam_id: string;
      exam_title: string;
      number: number;
      state: string;
      started_at?: string;
      submitted_at?: string;
      graded_at?: string;
      grading_version: number;
      score_milli: number;
      total_milli: number;
      pass_mark_milli: number;
      passed: boolean;
    };
  };
  rules: {
    policy_id: string;
    policy_name: string;
    version_number: number;
    document: BindingDocument;
    activated_by: string;
    activated_at?: string;
    source_cap_centi: number;
    counted_centi: number;
    reasons: Not[];
  }[];
  chain: Chain;
}

export const hoursKeys = {
  all: ['hours'] as const,
  list: () => [...hoursKeys.all, 'people'] as const,
};

const filterOf = ({ year, unit_id, stage, rank, kind, state, q, policy_id }: UrlState) => ({
  year,
  unit_id,
  stage,
  rank,
  kind,
  state,
  q,
  policy_id,
});

export const loadHours = (request: UrlState, signal: AbortSignal) =>
  http.get<Page<HoursRow>>(
    withQuery('/hours/people', { ...filterOf(request), sort: request.sort, page_token: request.page_token }),
    { signal },
  );

/** The head of the page; its filter is the table's without the state, which the tiles themselves tell. */
export const overviewQuery = (filter: UrlState) => {
  const wanted = { ...filterOf(filter), state: undefined };
  return queryOptions({
    queryKey: [...hoursKeys.all, 'overview', wanted],
    queryFn: ({ signal }) => http.get<Overview>(withQuery('/hours/overview', wanted), { signal }),
    refetchInterval: (query) => (query.state.data?.recomputing ? 2000 : 60_000),
    placeholderData: (before) => before,
  });
};

export const personHoursQuery = (id: string, year: string | undefined, asOf: string | undefined) =>
  queryOptions({
    queryKey: [...hoursKeys.all, 'person', id, year, asOf],
    queryFn: ({ signal }) =>
      http.get<PersonYear>(withQuery(`/hours/people/${id}`, { year, as_of: asOf }), { signal }),
  });

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: [...hoursKeys.all, 'event', id],
    queryFn: ({ signal }) => http.get<EventDetail>(`/hours/events/${id}`, { signal }),
  });

export function useReverse(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => http.post(`/hours/events/${id}/reverse`, { reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: hoursKeys.all }),
  });
}

/** Asks for the workbook of what is filtered; it is made in the background. */
export function useExport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ filter, reason }: { filter: UrlState; reason: string }) => {
      const { year, policy_id, unit_id, kind, stage, rank, state, q, sort } = filter;
      return http.post<{ id: string }>('/exports', {
        kind: 'hours_people',
        reason,
        filter: {
          ...(year && { year: Number(year) }),
          policy_id,
          unit_id,
          kind,
          stages: stage ? stage.split(',') : undefined,
          ranks: rank ? rank.split(',') : undefined,
          state,
          q,
          sort,
        },
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['exports'] }),
  });
}
