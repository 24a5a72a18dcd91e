import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { CorrectionBody } from '@/api/model/correctionBody';
import type { LateInclusionBody } from '@/api/model/lateInclusionBody';
import type { LateInclusionRowBody } from '@/api/model/lateInclusionRowBody';
import type { LateInclusionsOutputBody } from '@/api/model/lateInclusionsOutputBody';
import type { MarkingOutputBody } from '@/api/model/markingOutputBody';
import type { PreviewRegradeOutputBody } from '@/api/model/previewRegradeOutputBody';
import type { RegradeBody } from '@/api/model/regradeBody';
import type { RegradesOutputBody } from '@/api/model/regradesOutputBody';
import { http, withQuery } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';
import { examKeys } from './exams';

export type Correction = CorrectionBody;
export type Inclusion = LateInclusionBody;
export type InclusionRow = LateInclusionRowBody;
export type Marking = MarkingOutputBody;
export type Preview = PreviewRegradeOutputBody;
export type Regrade = RegradeBody;

export const amendKeys = {
  late: () => ['late-inclusions'] as const,
  marking: (examId: string) => [...examKeys.all, 'marking', examId] as const,
  regrades: (examId: string) => [...examKeys.all, 'regrades', examId] as const,
};

export const loadLate = ({ state, page_token }: UrlState, signal: AbortSignal) =>
  http.get<LateInclusionsOutputBody>(withQuery('/late-inclusions', { state, page_token }), { signal });

export const markingQuery = (examId: string) =>
  queryOptions({
    queryKey: amendKeys.marking(examId),
    queryFn: ({ signal }) => http.get<Marking>(`/exams/${examId}/marking`, { signal }),
    // What was chosen on the page is measured against it: it does not change under the hand.
    refetchOnWindowFocus: false,
  });

/** The regrades of an exam, newest first; asked for again while one runs. */
export const regradesQuery = (examId: string) =>
  queryOptions({
    queryKey: amendKeys.regrades(examId),
    queryFn: ({ signal }) => http.get<RegradesOutputBody>(`/exams/${examId}/regrades?limit=20`, { signal }),
    select: (page) => page.items,
    refetchInterval: (query) =>
      query.state.data?.items.some((one) => one.state === 'running') ? 1000 : false,
  });

/** Deeds on one attempt; its evidence, the list of proposals and the results follow. */
export function useAmend(attemptId: string) {
  const client = useQueryClient();
  const onSuccess = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['attempts', 'evidence', attemptId] }),
      client.invalidateQueries({ queryKey: amendKeys.late() }),
      client.invalidateQueries({ queryKey: examKeys.all }),
    ]);
  return {
    propose: useMutation({
      mutationFn: (body: { op_ids?: string[]; reason: string }) =>
        http.post<Inclusion>(`/attempts/${attemptId}/late-inclusions`, body),
      onSuccess,
    }),
    decide: useMutation({
      mutationFn: ({ id, verb, reason }: { id: string; verb: 'approve' | 'decline'; reason: string }) =>
        http.post<Inclusion>(`/late-inclusions/${id}/${verb}`, { reason }),
      onSuccess,
    }),
    void: useMutation({
      mutationFn: (body: { reason: string; counts: boolean }) =>
        http.post(`/attempts/${attemptId}/void`, body),
      onSuccess,
    }),
  };
}

export function useRegrade(examId: string) {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: examKeys.all });
  return {
    preview: useMutation({
      mutationFn: (items: Correction[]) => http.post<Preview>(`/exams/${examId}/regrades/preview`, { items }),
    }),
    apply: useMutation({
      mutationFn: (body: { items: Correction[]; last_regrade_id: string; reason: string }) =>
        http.post<Regrade>(`/exams/${examId}/regrades`, body),
      onSuccess,
    }),
    undo: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) =>
        http.post<Regrade>(`/regrades/${id}/undo`, { reason }),
      onSuccess,
    }),
  };
}
