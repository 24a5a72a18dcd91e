import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { AttemptEvidenceOutputBody } from '@/api/model/attemptEvidenceOutputBody';
import type { ExamBody } from '@/api/model/examBody';
import type { ExamInputBody } from '@/api/model/examInputBody';
import type { ExamsOutputBody } from '@/api/model/examsOutputBody';
import type { PapersOutputBody } from '@/api/model/papersOutputBody';
import type { ResultBody } from '@/api/model/resultBody';
import type { ResultsOutputBody } from '@/api/model/resultsOutputBody';
import { http, withQuery } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export type Exam = ExamBody;
export type ExamInput = ExamInputBody;
export type Result = ResultBody;
export type Evidence = AttemptEvidenceOutputBody;

export const examKeys = {
  all: ['exams'] as const,
  list: () => [...examKeys.all, 'list'] as const,
  detail: (id: string) => [...examKeys.all, 'detail', id] as const,
  results: (id: string) => [...examKeys.all, 'results', id] as const,
};

export const loadExams = ({ q, state, page_token }: UrlState, signal: AbortSignal) =>
  http.get<ExamsOutputBody>(withQuery('/exams', { q, state, page_token }), { signal });

export const examQuery = (id: string) =>
  queryOptions({
    queryKey: examKeys.detail(id),
    queryFn: ({ signal }) => http.get<ExamBody>(`/exams/${id}`, { signal }),
  });

export const loadResults =
  (id: string) =>
  ({ q, state, passed, page_token }: UrlState, signal: AbortSignal) =>
    http.get<ResultsOutputBody>(withQuery(`/exams/${id}/attempts`, { q, state, passed, page_token }), {
      signal,
    });

/** The numbers over the table; the first page of results brings them. */
export const summaryQuery = (id: string) =>
  queryOptions({
    queryKey: [...examKeys.results(id), 'summary'],
    queryFn: ({ signal }) => http.get<ResultsOutputBody>(`/exams/${id}/attempts?limit=1`, { signal }),
    select: (page) => page.summary,
    refetchInterval: 15_000,
  });

export const papersQuery = queryOptions({
  queryKey: ['papers', 'choice'],
  queryFn: ({ signal }) => http.get<PapersOutputBody>('/papers?limit=200', { signal }),
  select: (page) => page.items,
});

export const evidenceQuery = (id: string) =>
  queryOptions({
    queryKey: ['attempts', 'evidence', id],
    queryFn: async ({ signal }) => {
      const first = await http.get<AttemptEvidenceOutputBody>(`/attempts/${id}/evidence?limit=200`, {
        signal,
      });
      let token = first.next_page_token;
      while (token && first.operations.length < 2000) {
        const next = await http.get<AttemptEvidenceOutputBody>(
          withQuery(`/attempts/${id}/evidence`, { limit: 200, page_token: token }),
          { signal },
        );
        first.operations.push(...next.operations);
        first.genuine &&= next.genuine;
        token = next.next_page_token;
      }
      return first;
    },
  });

export function useSaveExam(id: string | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ExamInput) =>
      id ? http.put<ExamBody>(`/exams/${id}`, body) : http.post<ExamBody>('/exams', body),
    onSuccess: () => client.invalidateQueries({ queryKey: examKeys.all }),
  });
}

export function useExamVerb(id: string) {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: examKeys.all });
  return {
    publish: useMutation({ mutationFn: () => http.post(`/exams/${id}/publish`), onSuccess }),
    cancel: useMutation({
      mutationFn: (reason: string) => http.post(`/exams/${id}/cancel`, { reason }),
      onSuccess,
    }),
  };
}
