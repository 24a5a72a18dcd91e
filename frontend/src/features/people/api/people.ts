import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http, withQuery, type Page } from '@/lib/http';
import type { PersonKind, Rank, Stage } from '@/lib/org';
import type { Role } from '@/lib/session';
import type { UrlState } from '@/lib/url-state';

export interface PersonRow {
  id: string;
  number: string;
  name: string;
  kind: PersonKind;
  gender?: 'female' | 'male';
  party_unit_id: string;
  party_unit_name: string;
  admin_unit_id: string;
  admin_unit_name: string;
  stage: Stage | '';
  rank: Rank | '';
}

export type FactKind = 'party_membership' | 'admin_membership' | 'stage' | 'rank' | 'grant';

export interface Fact {
  id: string;
  kind: FactKind;
  /** Unit id, stage, rank or role. */
  value: string;
  /** Name of the unit, where there is one. */
  label: string;
  from: string;
  /** First day on which it no longer holds. */
  until?: string;
  document: string;
}

export interface PersonRecord extends PersonRow {
  born_on?: string;
  account: { state: 'none' | 'active' | 'must_change_password' | 'disabled'; disabled_at?: string };
  timeline: Fact[];
}

export interface NewPerson {
  number: string;
  name: string;
  kind: PersonKind;
  gender?: string;
  born_on?: string;
  party_unit_id?: string;
  admin_unit_id?: string;
  stage?: string;
  rank?: string;
  from?: string;
}

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

export const createPerson = (person: NewPerson) =>
  http.post<{ items: { id: string }[] }>('/people', { people: [person] });

export interface NewGrant {
  role: Role;
  unit_id?: string;
  from?: string;
  until?: string;
  reason: string;
}

/** The deeds on one person; each refreshes what the pages show. */
export function usePersonDeeds(id: string) {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: peopleKeys.all }) };
  return {
    addFact: useMutation({
      mutationFn: ({
        kind,
        ...body
      }: {
        kind: 'stages' | 'ranks' | 'memberships';
        value: string;
        from: string;
        document: string;
      }) => http.post<Fact>(`/people/${id}/${kind}`, body),
      ...after,
    }),
    grant: useMutation({ mutationFn: (body: NewGrant) => http.post(`/people/${id}/grants`, body), ...after }),
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
