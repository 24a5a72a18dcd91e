import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { HourBatchBody } from '@/api/model/hourBatchBody';
import type { HourBatchContentBody } from '@/api/model/hourBatchContentBody';
import { http, withQuery, type Page } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export type Batch = HourBatchBody;
export type BatchInput = HourBatchContentBody;
export type Verb = 'submit' | 'withdraw' | 'approve' | 'reject' | 'reverse';

export const batchKeys = {
  all: ['hour-batches'] as const,
  list: () => [...batchKeys.all, 'list'] as const,
  detail: (id: string) => [...batchKeys.all, 'detail', id] as const,
};

export const loadBatches = ({ q, state, page_token }: UrlState, signal: AbortSignal) =>
  http.get<Page<Batch>>(withQuery('/hour-batches', { q, state, page_token }), { signal });

/** The workbook of what is filtered. */
export const sheetHref = ({ q, state }: UrlState) =>
  `/api/v1${withQuery('/hour-batches/sheet', { q, state })}`;

export const batchQuery = (id: string) =>
  queryOptions({
    queryKey: batchKeys.detail(id),
    queryFn: ({ signal }) => http.get<Batch>(`/hour-batches/${id}`, { signal }),
  });

interface Saving {
  /** The batch that is changed; none makes a new one. */
  batch: Batch | undefined;
  input: BatchInput;
  file: File | undefined;
}

/** Saves what was written and then the file; `onSaved` hears of the first even when the second fails. */
export function useSaveBatch(onSaved: (batch: Batch) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ batch, input, file }: Saving) => {
      const saved = batch
        ? await http.put<Batch>(`/hour-batches/${batch.id}`, { ...input, version: batch.version })
        : await http.post<Batch>('/hour-batches', input);
      onSaved(saved);
      if (!file) return saved;
      return http.bytes<Batch>(
        'POST',
        withQuery(`/hour-batches/${saved.id}/file`, { name: file.name }),
        file,
      );
    },
    onSettled: () => client.invalidateQueries({ queryKey: batchKeys.all }),
  });
}

export function useBatchVerb(batch: Batch) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ verb, reason }: { verb: Verb; reason?: string }) =>
      http.post<Batch>(`/hour-batches/${batch.id}/${verb}`, {
        version: batch.version,
        ...(reason ? { reason } : {}),
      }),
    onSettled: () => client.invalidateQueries({ queryKey: batchKeys.all }),
  });
}
