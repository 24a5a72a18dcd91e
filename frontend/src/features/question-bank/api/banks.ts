import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { BankBody } from '@/api/model/bankBody';
import type { BankInputBody } from '@/api/model/bankInputBody';
import type { BanksOutputBody } from '@/api/model/banksOutputBody';
import type { QuestionBody } from '@/api/model/questionBody';
import type { QuestionContentBody } from '@/api/model/questionContentBody';
import type { QuestionsOutputBody } from '@/api/model/questionsOutputBody';
import type { UpdateQuestionInputBody } from '@/api/model/updateQuestionInputBody';
import { http, withQuery } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export type Question = QuestionBody;
export type Content = QuestionContentBody;
export type Kind = Content['kind'];
export const kinds = ['single', 'multiple', 'judgement'] as const;

export const bankKeys = {
  all: ['banks'] as const,
  list: () => [...bankKeys.all, 'list'] as const,
  detail: (id: string) => [...bankKeys.all, 'detail', id] as const,
  questions: (id: string) => [...bankKeys.all, 'questions', id] as const,
  question: (id: string) => [...bankKeys.all, 'question', id] as const,
};

export const loadBanks = ({ q, page_token }: UrlState, signal: AbortSignal) =>
  http.get<BanksOutputBody>(withQuery('/banks', { q, page_token }), { signal });

export const bankQuery = (id: string) =>
  queryOptions({
    queryKey: bankKeys.detail(id),
    queryFn: ({ signal }) => http.get<BankBody>(`/banks/${id}`, { signal }),
  });

export const loadQuestions =
  (bankId: string) =>
  ({ q, kind, tag, retired, page_token }: UrlState, signal: AbortSignal) =>
    http.get<QuestionsOutputBody>(
      withQuery(`/banks/${bankId}/questions`, { q, kind, tag, retired, page_token }),
      {
        signal,
      },
    );

export const questionQuery = (id: string) =>
  queryOptions({
    queryKey: bankKeys.question(id),
    queryFn: ({ signal }) => http.get<QuestionBody>(`/questions/${id}`, { signal }),
  });

function useBankMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => client.invalidateQueries({ queryKey: bankKeys.all }) });
}

export const useSaveBank = (id: string | undefined) =>
  useBankMutation((body: BankInputBody) =>
    id ? http.put<BankBody>(`/banks/${id}`, body) : http.post<BankBody>('/banks', body),
  );

/** A new question, or a new version of one. */
export const useSaveQuestion = (bankId: string, question: QuestionBody | undefined) =>
  useBankMutation((content: Content) =>
    question
      ? http.put<QuestionBody>(`/questions/${question.id}`, {
          ...content,
          version: question.version,
        } satisfies UpdateQuestionInputBody)
      : http.post<QuestionBody>(`/banks/${bankId}/questions`, content),
  );

export const useRetireQuestion = () =>
  useBankMutation(({ id, reason }: { id: string; reason: string }) =>
    http.post(`/questions/${id}/retire`, { reason }),
  );
