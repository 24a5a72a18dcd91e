import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http, withQuery, type Page } from '@/lib/http';
import type { Messages } from '@/lib/problem';
import type { UrlState } from '@/lib/url-state';

export interface Token {
  id: string;
  name: string;
  /** The first characters of the secret. */
  prefix: string;
  permissions: string[];
  unit_id?: string;
  unit_name: string;
  per_minute: number;
  created_by: string;
  created_at: string;
  expires_at: string;
  revoked_at?: string | null;
  old_until?: string | null;
  last_used_at?: string | null;
  last_ip: string;
  state: 'active' | 'expired' | 'revoked';
}

export interface NewToken {
  name: string;
  permissions: string[];
  unit_id?: string;
  /** The last civil day. */
  expires_on: string;
  per_minute?: number;
}

export interface TokenSecret {
  token: Token;
  secret: string;
}

export interface Push {
  id: string;
  kind: 'people' | 'units' | 'facts';
  state: 'running' | 'done';
  token_name: string;
  import_id: string;
  counts: Record<'total' | 'new' | 'changed' | 'same' | 'refused' | 'stale', number>;
  items: {
    key: string;
    outcome: 'new' | 'changed' | 'same' | 'refused' | 'stale';
    refusals: { field: string; reason: string; messages: Messages }[];
  }[];
  created_at: string;
}

const tokensKey = ['api-tokens'] as const;

export const tokensQuery = queryOptions({
  queryKey: tokensKey,
  queryFn: ({ signal }) =>
    http.get<Page<Token> & { permissions: string[] }>('/api-tokens?limit=200', { signal }),
});

export const pushesKey = ['pushes'] as const;

export const loadPushes = (request: UrlState, signal: AbortSignal) =>
  http.get<Page<Push>>(withQuery('/pushes', { page_token: request.page_token }), { signal });

export const pushQuery = (id: string) =>
  queryOptions({
    queryKey: [...pushesKey, id],
    queryFn: ({ signal }) => http.get<Push>(`/pushes/${id}`, { signal }),
  });

export function useTokenDeeds() {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: tokensKey }) };
  return {
    create: useMutation({
      mutationFn: (body: NewToken) => http.post<TokenSecret>('/api-tokens', body),
      ...after,
    }),
    rotate: useMutation({
      mutationFn: (id: string) => http.post<TokenSecret>(`/api-tokens/${id}/rotate`),
      ...after,
    }),
    revoke: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) =>
        http.post<Token>(`/api-tokens/${id}/revoke`, { reason }),
      ...after,
    }),
  };
}
