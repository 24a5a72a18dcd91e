import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { GrantBody } from '@/api/model/grantBody';
import type { GrantRequestBody } from '@/api/model/grantRequestBody';
import type { PermissionBody } from '@/api/model/permissionBody';
import type { RoleBody } from '@/api/model/roleBody';
import type { RoleEffectOutputBody } from '@/api/model/roleEffectOutputBody';
import type { RoleFields } from '@/api/model/roleFields';
import type { RightsOutputBody } from '@/api/model/rightsOutputBody';
import type { RoleRecordOutputBody } from '@/api/model/roleRecordOutputBody';
import type { SightBody } from '@/api/model/sightBody';
import type { WatchersOutputBody } from '@/api/model/watchersOutputBody';
import { http, withQuery, type Page } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export const rightsKeys = {
  role: (id: string) => ['roles', id] as const,
  grants: ['grants'] as const,
  requests: ['grant-requests'] as const,
  of: (personId: string) => ['rights', personId] as const,
  watchers: (personId: string) => ['watchers', personId] as const,
};

export const permissionsQuery = queryOptions({
  queryKey: ['permissions'],
  queryFn: ({ signal }) => http.get<{ items: PermissionBody[] }>('/permissions', { signal }),
  select: (page) => page.items,
  staleTime: 5 * 60_000,
});

export const roleQuery = (id: string) =>
  queryOptions({
    queryKey: rightsKeys.role(id),
    queryFn: ({ signal }) => http.get<RoleRecordOutputBody>(`/roles/${id}`, { signal }),
  });

export const loadGrants = ({ role, state, unit_id, person_id, page_token }: UrlState, signal: AbortSignal) =>
  http.get<Page<GrantBody>>(withQuery('/grants', { role, state, unit_id, person_id, page_token }), {
    signal,
  });

export const loadRequests = ({ page_token }: UrlState, signal: AbortSignal) =>
  http.get<Page<GrantRequestBody>>(withQuery('/grant-requests', { page_token }), { signal });

/** What a person may do, grant by grant. */
export const personRightsQuery = (personId: string) =>
  queryOptions({
    queryKey: rightsKeys.of(personId),
    queryFn: ({ signal }) => http.get<RightsOutputBody>(`/people/${personId}/rights`, { signal }),
  });

/** A page of who can see a person. */
export const loadWatchers = (personId: string, { page_token }: UrlState, signal: AbortSignal) =>
  http.get<Page<SightBody>>(withQuery(`/people/${personId}/watchers`, { page_token }), { signal });

/** The programs outside that can; they stand on the first page. */
export const watchingTokensQuery = (personId: string) =>
  queryOptions({
    queryKey: [...rightsKeys.watchers(personId), 'tokens'],
    queryFn: ({ signal }) => http.get<WatchersOutputBody>(`/people/${personId}/watchers?limit=1`, { signal }),
    select: (page) => page.tokens,
  });

/** The deeds on roles; names and lists are read anew after each. */
export function useRoleDeeds(id?: string) {
  const client = useQueryClient();
  const after = {
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['roles'] }),
        client.invalidateQueries({ queryKey: ['role-names'] }),
        client.invalidateQueries({ queryKey: rightsKeys.grants }),
      ]),
  };
  return {
    save: useMutation({
      mutationFn: (body: RoleFields) =>
        id === undefined ? http.post<RoleBody>('/roles', body) : http.put<RoleBody>(`/roles/${id}`, body),
      ...after,
    }),
    preview: useMutation({
      mutationFn: (body: RoleFields) => http.post<RoleEffectOutputBody>(`/roles/${id}/preview`, body),
    }),
    retire: useMutation({
      mutationFn: (reason: string) => http.post<{ grants_ended: number }>(`/roles/${id}/retire`, { reason }),
      ...after,
    }),
  };
}

/** The answers to requests, and the end of a grant. */
export function useGrantDeeds() {
  const client = useQueryClient();
  const after = {
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: rightsKeys.grants }),
        client.invalidateQueries({ queryKey: rightsKeys.requests }),
        client.invalidateQueries({ queryKey: ['people'] }),
      ]),
  };
  return {
    answer: useMutation({
      mutationFn: ({ id, verb, reason }: { id: string; verb: Answer; reason: string }) =>
        http.post(`/grant-requests/${id}/${verb}`, verb === 'refuse' ? { reason } : undefined),
      ...after,
    }),
    end: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) =>
        http.post(`/grants/${id}/end`, { reason }),
      ...after,
    }),
  };
}

export type Answer = 'approve' | 'refuse' | 'withdraw';
