import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { AddFactInputBody } from '@/api/model/addFactInputBody';
import type { FactBody } from '@/api/model/factBody';
import type { GrantInputBody } from '@/api/model/grantInputBody';
import type { NewPersonBody } from '@/api/model/newPersonBody';
import type { PersonBody } from '@/api/model/personBody';
import type { PersonRecordBody } from '@/api/model/personRecordBody';
import { http, withQuery, type Page } from '@/lib/http';
import type { Placed } from '@/lib/org';
import type { UrlState } from '@/lib/url-state';

export type PersonRow = Placed<PersonBody>;
export type PersonRecord = Placed<PersonRecordBody>;

export const peopleKeys = {
  all: ['people'] as const,
  list: () => [...peopleKeys.all, 'list'] as const,
  detail: (id: string) => [...peopleKeys.all, 'detail', id] as const,
};

export const loadPeople = (request: UrlState, signal: AbortSignal) => {
  const { q, unit_id, stage, rank, kind, page_token } = request;
  return http.get<Page<PersonRow>>(withQuery('/people', { q, unit_id, stage, rank, kind, page_token }), {
    signal,
  });
};

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: peopleKeys.detail(id),
    queryFn: ({ signal }) => http.get<PersonRecord>(`/people/${id}`, { signal }),
  });

export const createPerson = (person: NewPersonBody) =>
  http.post<{ items: { id: string }[] }>('/people', { people: [person] });

/** The deeds on one person; each refreshes what the pages show. */
export function usePersonDeeds(id: string) {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: peopleKeys.all }) };
  return {
    addFact: useMutation({
      mutationFn: ({ kind, ...body }: AddFactInputBody & { kind: 'stages' | 'ranks' | 'memberships' }) =>
        http.post<FactBody>(`/people/${id}/${kind}`, body),
      ...after,
    }),
    grant: useMutation({
      mutationFn: (body: GrantInputBody) => http.post(`/people/${id}/grants`, body),
      ...after,
    }),
    endGrant: useMutation({
      mutationFn: ({ grantId, reason }: { grantId: string; reason: string }) =>
        http.post(`/grants/${grantId}/end`, { reason }),
      ...after,
    }),
    account: useMutation({
      mutationFn: ({ verb, reason }: { verb: 'disable' | 'enable'; reason: string }) =>
        http.post(`/people/${id}/${verb}-account`, { reason }),
      ...after,
    }),
    resetPassword: useMutation({
      mutationFn: () => http.post<{ password: string }>(`/people/${id}/reset-password`),
      ...after,
    }),
  };
}
