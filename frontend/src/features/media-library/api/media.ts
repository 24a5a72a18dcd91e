import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { MediumBody as Medium } from '@/api/model/mediumBody';
import type { MediumBodyState as MediumState } from '@/api/model/mediumBodyState';
import { http, withQuery, type Page } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export type { Medium, MediumState };

/** States that change by themselves. */
export const moving = (state: MediumState) =>
  state === 'uploaded' || state === 'probing' || state === 'transcoding';

export const mediaKeys = {
  all: ['media'] as const,
  list: () => [...mediaKeys.all, 'list'] as const,
  detail: (id: string) => [...mediaKeys.all, 'detail', id] as const,
};

export const loadMedia = (request: UrlState, signal: AbortSignal) =>
  http.get<Page<Medium>>(
    withQuery('/media', { q: request.q, state: request.state, page_token: request.page_token }),
    { signal },
  );

export const mediumQuery = (id: string) =>
  queryOptions({
    queryKey: mediaKeys.detail(id),
    queryFn: ({ signal }) => http.get<Medium>(`/media/${id}`, { signal }),
    refetchInterval: (query) => (query.state.data && moving(query.state.data.state) ? 1500 : false),
  });

/** Cancels an upload that was begun, or asks for the processing of a rejected file once more. */
export function useMediumVerb(verb: 'cancel' | 'retry') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => http.post<Medium>(`/media/${id}/${verb}`),
    onSettled: () => client.invalidateQueries({ queryKey: mediaKeys.all }),
  });
}
