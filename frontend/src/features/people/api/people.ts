import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { FactChangeBody } from '@/api/model/factChangeBody';
import type { FactDeedBody } from '@/api/model/factDeedBody';
import type { FactOperationBody } from '@/api/model/factOperationBody';
import type { ImpersonateInputBody } from '@/api/model/impersonateInputBody';
import type { UpdatePersonInputBody } from '@/api/model/updatePersonInputBody';
import type { GrantBody } from '@/api/model/grantBody';
import type { GrantInputBody } from '@/api/model/grantInputBody';
import type { NewPersonBody } from '@/api/model/newPersonBody';
import type { PersonBody } from '@/api/model/personBody';
import type { PersonRecordBody } from '@/api/model/personRecordBody';
import { http, withQuery, type Page } from '@/lib/http';
import type { Placed } from '@/lib/org';
import { fitPicture } from '@/lib/picture';
import type { UrlState } from '@/lib/url-state';

export type PersonRow = Placed<PersonBody>;
export type PersonRecord = Placed<PersonRecordBody>;

export const peopleKeys = {
  all: ['people'] as const,
  list: () => [...peopleKeys.all, 'list'] as const,
  detail: (id: string) => [...peopleKeys.all, 'detail', id] as const,
};

const inAddress = (request: UrlState) => Object.fromEntries(peopleFilters.map((key) => [key, request[key]]));

export const loadPeople = (request: UrlState, signal: AbortSignal) =>
  http.get<Page<PersonRow>>(withQuery('/people', { ...inAddress(request), page_token: request.page_token }), {
    signal,
  });

/** How many the filter takes; asked beside the list, which does not wait for it. */
export const countPeople = async (request: UrlState, signal: AbortSignal) =>
  (await http.get<{ total: number }>(withQuery('/people-count', inAddress(request)), { signal })).total;

/** The filters of the list, by their names in the address. */
export const peopleFilters = [
  'q',
  'unit_id',
  'stage',
  'stage_on',
  'rank',
  'post',
  'status',
  'kind',
  'age_from',
  'age_to',
] as const;

/** The filter of the list as request bodies have it. */
export const filterOf = (url: UrlState) =>
  Object.fromEntries(
    peopleFilters.flatMap((key) =>
      url[key] ? [[key, key.startsWith('age_') ? Number(url[key]) : url[key]] as const] : [],
    ),
  );

export const operationsQuery = (id: string) =>
  queryOptions({
    queryKey: [...peopleKeys.detail(id), 'operations'],
    queryFn: ({ signal }) => http.get<{ items: FactOperationBody[] }>(`/people/${id}/operations`, { signal }),
    select: (page) => page.items,
  });

/** What a change of somebody's record would bring about; nothing is kept of the answer. */
export const previewQuery = (id: string, body: FactDeedBody | undefined) =>
  queryOptions({
    queryKey: [...peopleKeys.detail(id), 'preview', body],
    queryFn: ({ signal }) => http.post<FactChangeBody>(`/people/${id}/facts/preview`, body, { signal }),
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });

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
    changeFacts: useMutation({
      mutationFn: (body: FactDeedBody) => http.post<FactChangeBody>(`/people/${id}/facts`, body),
      ...after,
    }),
    update: useMutation({
      mutationFn: (body: UpdatePersonInputBody) => http.put(`/people/${id}`, body),
      ...after,
    }),
    lookAs: useMutation({
      mutationFn: (body: ImpersonateInputBody) => http.post(`/people/${id}/impersonate`, body),
    }),
    reveal: useMutation({
      mutationFn: (reason: string) => http.post<{ id_card: string }>(`/people/${id}/reveal`, { reason }),
    }),
    archive: useMutation({
      mutationFn: (reason: string) => http.post(`/people/${id}/data-exports`, { reason }),
    }),
    photo: useMutation({
      /** Without a file the photo is taken away. */
      mutationFn: async ({ version, file }: { version: number; file?: Blob }) =>
        http.bytes(
          'POST',
          `/people/${id}/photo?version=${version}`,
          file ? await fitPicture(file, 960) : new Blob(),
        ),
      ...after,
    }),
    unmerge: useMutation({
      mutationFn: (reason: string) => http.post(`/people/${id}/unmerge`, { reason }),
      ...after,
    }),
    grant: useMutation({
      mutationFn: (body: GrantInputBody) => http.post<GrantBody>(`/people/${id}/grants`, body),
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
