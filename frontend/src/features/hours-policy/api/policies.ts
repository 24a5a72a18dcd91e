import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Audience } from '@/components/audience/audience-editor';
import { http } from '@/lib/http';

export interface BindingDocument {
  title: string;
  number: string;
  clause: string;
  clause_text: string;
}

export const sources = [
  'online_video',
  'exam_pass',
  'offline_training',
  'external_platform',
  'live_class',
  'teaching',
  'paper',
  'activity',
  'manual',
] as const;
export type Source = (typeof sources)[number];

export interface Rule {
  total_centi: number;
  required_centi?: number;
  source_caps?: { source: Source; cap_centi: number }[];
  event_cap_centi?: number;
  daily_max_centi?: number;
  prorating?: { on?: boolean; round_up_centi?: number; floor_centi?: number };
}

export interface Draft {
  effective_from: string;
  document: BindingDocument;
  audience?: Audience;
  rule: Rule;
  supersedes?: string[];
  reason: string;
}

export interface Preview {
  year: number;
  people: number;
  newly_bound: number;
  no_longer_bound: number;
  more_short: number;
  less_short: number;
  done_before: number;
  done_after: number;
  shortfall_before_centi: number;
  shortfall_after_centi: number;
  at: string;
  digest: string;
}

export interface Version extends Draft {
  id: string;
  number: number;
  state: 'draft' | 'active';
  created_at: string;
  created_by: string;
  activated_at?: string | null;
  activated_by: string;
}

export interface Policy {
  id: string;
  name: string;
  retired_from?: string | null;
  created_at: string;
  created_by: string;
  /** Number of the version in force today, 0 if none. */
  active: number;
  versions: Version[];
}

const keys = { all: ['policies'] as const };

export const policiesQuery = queryOptions({
  queryKey: keys.all,
  queryFn: ({ signal }) => http.get<{ items: Policy[] }>('/policies', { signal }),
  select: (page) => page.items,
});

export const policyQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.all, id],
    queryFn: ({ signal }) => http.get<Policy>(`/policies/${id}`, { signal }),
  });

function usePolicyMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.all });
      await client.invalidateQueries({ queryKey: ['hours'] });
    },
  });
}

export const useCreatePolicy = () =>
  usePolicyMutation((body: Draft & { name: string }) => http.post<Policy>('/policies', body));

export const useAddVersion = (id: string) =>
  usePolicyMutation((body: Draft) => http.post<Policy>(`/policies/${id}/versions`, body));

export const previewPolicy = (id: string, number: number) =>
  http.post<Preview>(`/policies/${id}/preview`, { number }, { timeoutMs: 60_000 });

export const useActivate = (id: string) =>
  usePolicyMutation((body: { number: number; preview_digest: string; reason: string }) =>
    http.post<Policy>(`/policies/${id}/activate`, body),
  );

export const useRetire = (id: string) =>
  usePolicyMutation((body: { from: string; reason: string }) =>
    http.post<Policy>(`/policies/${id}/retire`, body),
  );

/** The version in force, or the newest one. */
export const current = (policy: Policy): Version | undefined =>
  policy.versions.find((version) => version.number === policy.active) ?? policy.versions.at(-1);
