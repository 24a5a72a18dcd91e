import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { HourEventDetailBody } from '@/api/model/hourEventDetailBody';
import type { HourOverviewBody } from '@/api/model/hourOverviewBody';
import type { HourPersonRowBody } from '@/api/model/hourPersonRowBody';
import type { PolicyRuleUseBody } from '@/api/model/policyRuleUseBody';
import type { HourEvent, PersonHours } from '@/lib/data/hours';
import type { NotCounted } from '@/lib/hours';
import { http, withQuery, type Page } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

/** The document knows sources and reasons as strings; which there are is the domain's vocabulary. */
export type EventDetail = Omit<HourEventDetailBody, 'event' | 'reversal' | 'reverses' | 'rules'> & {
  event: HourEvent;
  reversal?: HourEvent;
  reverses?: HourEvent;
  rules: (Omit<PolicyRuleUseBody, 'reasons'> & { reasons: NotCounted[] })[];
};

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
  http.get<Page<HourPersonRowBody>>(
    withQuery('/hours/people', { ...filterOf(request), sort: request.sort, page_token: request.page_token }),
    { signal },
  );

/** The head of the page; its filter is the table's without the state, which the tiles themselves tell. */
export const overviewQuery = (filter: UrlState) => {
  const wanted = { ...filterOf(filter), state: undefined };
  return queryOptions({
    queryKey: [...hoursKeys.all, 'overview', wanted],
    queryFn: ({ signal }) => http.get<HourOverviewBody>(withQuery('/hours/overview', wanted), { signal }),
    refetchInterval: (query) => (query.state.data?.recomputing ? 2000 : 60_000),
    placeholderData: (before) => before,
  });
};

export const personHoursQuery = (id: string, year: string | undefined, asOf: string | undefined) =>
  queryOptions({
    queryKey: [...hoursKeys.all, 'person', id, year, asOf],
    queryFn: ({ signal }) =>
      http.get<PersonHours>(withQuery(`/hours/people/${id}`, { year, as_of: asOf }), { signal }),
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
