import { useMutation, useQueryClient } from '@tanstack/react-query';
import { http } from '@/lib/http';
import { privacyKeys, type Item } from './api';

export interface Erasure {
  id: string;
  person_id: string;
  number: string;
  name: string;
  reason: string;
  own: boolean;
  yours: boolean;
  requester_name: string;
  requested_at: string;
  state: 'requested' | 'approved' | 'done' | 'stopped' | 'refused' | 'withdrawn';
  decider_name: string;
  decided_at?: string | null;
  decide_reason: string;
  done_at?: string | null;
}

export interface ErasurePreview {
  person_id: string;
  number: string;
  name: string;
  blockers: ('in_service' | 'attempts' | 'grants' | 'batches' | 'merged' | 'break_glass')[];
  items: { id: string; erase: Item['erase']; until: Item['until']; amount: number }[];
  latest?: Erasure | null;
  erased_at?: string | null;
}

export const erasureQuery = (person: string) => ({
  queryKey: [...privacyKeys.all, 'erasure', person],
  // Of a person, or of oneself.
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    person === 'me'
      ? http.get<ErasurePreview>('/me/erasure', { signal })
      : http.get<ErasurePreview>(`/people/${person}/erasure`, { signal }),
  refetchInterval: (query: { state: { data?: ErasurePreview } }) =>
    query.state.data?.latest?.state === 'approved' ? 1000 : (false as const),
});

export function useErasureDeeds() {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: privacyKeys.all }) };
  return {
    ask: useMutation({
      mutationFn: ({ person, reason }: { person: string; reason: string }) =>
        person === 'me'
          ? http.post('/me/erasure', { reason })
          : http.post(`/people/${person}/erasure`, { reason }),
      ...after,
    }),
    approve: useMutation({
      mutationFn: ({ id, ...body }: { id: string; number: string; reason: string }) =>
        http.post(`/erasures/${id}/approve`, body),
      ...after,
    }),
    refuse: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) =>
        http.post(`/erasures/${id}/refuse`, { reason }),
      ...after,
    }),
    withdraw: useMutation({
      mutationFn: (id: string) => http.post(`/erasures/${id}/withdraw`),
      ...after,
    }),
  };
}
