import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http, withQuery, type Page } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export interface Webhook {
  id: string;
  name: string;
  url: string;
  /** Areas of deeds: person is every person.… */
  events: string[];
  enabled: boolean;
  old_until?: string | null;
  created_by: string;
  created_at: string;
  waiting: number;
  failed: number;
}

export interface WebhookForm {
  id: string;
  name: string;
  url: string;
  events: string[];
  enabled: boolean;
}

export interface WebhookSecret {
  webhook: Webhook;
  /** Empty when it stays as it was. */
  secret: string;
}

export type Failure =
  'answer' | 'address_refused' | 'address_wrong' | 'redirect' | 'name_unknown' | 'timeout' | 'no_connection';

export interface Delivery {
  id: string;
  type: string;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  status: number;
  failure: Failure | '';
  due_at: string;
  created_at: string;
}

const webhooksKey = ['webhooks'] as const;

export const webhooksQuery = queryOptions({
  queryKey: webhooksKey,
  queryFn: ({ signal }) => http.get<{ items: Webhook[]; events: string[] }>('/webhooks', { signal }),
});

export const deliveriesKey = (id: string) => [...webhooksKey, id, 'deliveries'] as const;

export const loadDeliveries = (id: string) => (request: UrlState, signal: AbortSignal) =>
  http.get<Page<Delivery>>(withQuery(`/webhooks/${id}/deliveries`, { page_token: request.page_token }), {
    signal,
  });

export function useWebhookDeeds() {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: webhooksKey }) };
  return {
    save: useMutation({
      mutationFn: ({ id, ...body }: WebhookForm) =>
        id === ''
          ? http.post<WebhookSecret>('/webhooks', body)
          : http.put<WebhookSecret>(`/webhooks/${id}`, body),
      ...after,
    }),
    rotate: useMutation({
      mutationFn: (id: string) => http.post<WebhookSecret>(`/webhooks/${id}/rotate`),
      ...after,
    }),
    test: useMutation({ mutationFn: (id: string) => http.post<Delivery>(`/webhooks/${id}/test`), ...after }),
    remove: useMutation({ mutationFn: (id: string) => http.delete(`/webhooks/${id}`), ...after }),
    resend: useMutation({
      mutationFn: (id: string) => http.post<Delivery>(`/webhook-deliveries/${id}/resend`),
      ...after,
    }),
  };
}
