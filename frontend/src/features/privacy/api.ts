import { useMutation, useQueryClient } from '@tanstack/react-query';
import { http } from '@/lib/http';

/** Data of one kind: what it is held for is in the texts, the rest is the server's. */
export interface Item {
  id: string;
  ground: 'duty' | 'service' | 'security' | 'own';
  sensitive: boolean;
  readers: string[];
  rule: string;
  until: 'record' | 'account' | 'ledger' | 'file' | 'log' | 'work' | '';
  erase: 'blank' | 'remove' | 'keep';
}

export interface Rule {
  id: string;
  event: 'happened' | 'ended' | 'used' | 'decided' | 'left';
  days: number;
  usual: number;
  min: number;
  max: number;
  fixed: boolean;
  by_name: string;
  reason: string;
  changed_at?: string | null;
}

export interface Run {
  rule_id: string;
  day: string;
  days: number;
  removed: number;
  finished_at?: string | null;
}

export const privacyKeys = { all: ['privacy'] as const };

export const itemsQuery = {
  queryKey: [...privacyKeys.all, 'items'],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    http.get<{ items: Item[]; rules: Rule[] }>('/privacy/items', { signal }),
};

export const runsQuery = {
  queryKey: [...privacyKeys.all, 'runs'],
  queryFn: ({ signal }: { signal: AbortSignal }) => http.get<{ items: Run[] }>('/privacy/runs', { signal }),
};

export function useSetTerm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string; days: number; reason: string }) =>
      http.put(`/privacy/rules/${id}`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: privacyKeys.all }),
  });
}
