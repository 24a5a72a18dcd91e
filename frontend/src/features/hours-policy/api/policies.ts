import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { PolicyBody } from '@/api/model/policyBody';
import type { PolicyCapBody } from '@/api/model/policyCapBody';
import type { PolicyDraft } from '@/api/model/policyDraft';
import type { PolicyPreviewBody } from '@/api/model/policyPreviewBody';
import type { PolicyRuleBody } from '@/api/model/policyRuleBody';
import type { PolicyVersionBody } from '@/api/model/policyVersionBody';
import type { HourSource } from '@/lib/hours';
import { http } from '@/lib/http';

export type Cap = Omit<PolicyCapBody, 'source'> & { source: HourSource };
export type Rule = Omit<PolicyRuleBody, 'source_caps'> & { source_caps?: Cap[] };
export type Draft = Omit<PolicyDraft, 'rule'> & { rule: Rule };
export type Version = Omit<PolicyVersionBody, 'rule'> & { rule: Rule };
export type Policy = Omit<PolicyBody, 'versions'> & { versions: Version[] };

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
  http.post<PolicyPreviewBody>(`/policies/${id}/preview`, { number }, { timeoutMs: 60_000 });

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
