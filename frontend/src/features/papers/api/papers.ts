import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { BanksOutputBody } from '@/api/model/banksOutputBody';
import type { BankBody } from '@/api/model/bankBody';
import type { DrawBody } from '@/api/model/drawBody';
import type { PaperBody } from '@/api/model/paperBody';
import type { PaperInputBody } from '@/api/model/paperInputBody';
import type { PapersOutputBody } from '@/api/model/papersOutputBody';
import type { QuestionsOutputBody } from '@/api/model/questionsOutputBody';
import { http, withQuery } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export type Paper = PaperBody;
export type PaperInput = PaperInputBody;
export type Draw = DrawBody;
export type Row = NonNullable<PaperInputBody['blueprint']>[number];
export type Item = NonNullable<PaperInputBody['items']>[number];

export const paperKeys = { all: ['papers'] as const };

export const loadPapers = ({ q, page_token }: UrlState, signal: AbortSignal) =>
  http.get<PapersOutputBody>(withQuery('/papers', { q, page_token }), { signal });

export const paperQuery = (id: string) =>
  queryOptions({
    queryKey: [...paperKeys.all, 'detail', id],
    queryFn: ({ signal }) => http.get<PaperBody>(`/papers/${id}`, { signal }),
  });

/** The banks a paper can draw from. */
export const banksQuery = queryOptions({
  queryKey: ['banks', 'choice'],
  queryFn: ({ signal }) => http.get<BanksOutputBody>('/banks?limit=200', { signal }),
  select: (page) => page.items,
});

export const bankTagsQuery = (id: string) =>
  queryOptions({
    queryKey: ['banks', 'detail', id],
    queryFn: ({ signal }) => http.get<BankBody>(`/banks/${id}`, { signal }),
    select: (bank) => bank.tags ?? [],
  });

export const questionsQuery = (bankId: string, q: string, kind: string) =>
  queryOptions({
    queryKey: ['banks', 'questions', bankId, 'choice', q, kind],
    queryFn: ({ signal }) =>
      http.get<QuestionsOutputBody>(withQuery(`/banks/${bankId}/questions`, { q, kind, limit: 100 }), {
        signal,
      }),
    select: (page) => page.items,
    placeholderData: (before) => before,
  });

export function useSavePaper(id: string | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: PaperInput) =>
      id ? http.put<PaperBody>(`/papers/${id}`, body) : http.post<PaperBody>('/papers', body),
    onSuccess: () => client.invalidateQueries({ queryKey: paperKeys.all }),
  });
}

/** Draws the blueprint anew; with `keep` exams are published on what is shown. */
export function useDraw(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { seed?: number; keep?: boolean }) => http.post<DrawBody>(`/papers/${id}/draw`, body),
    onSuccess: (_, { keep }) => keep && client.invalidateQueries({ queryKey: paperKeys.all }),
  });
}
