import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http } from '@/lib/http';

export interface SignInPolicy {
  profile: 'asvs' | 'graded';
  min_length: number;
  classes: number;
  max_age_days: number;
  history: number;
  code_hours: number;
  idle_minutes: number;
  absolute_hours: number;
  second_factor: 'off' | 'grace' | 'on';
  factor_from: string;
  break_glass_only: boolean;
  hall_networks: string;
  remember_days: number;
}

/** The policy in force, and where each profile begins. */
export const policyQuery = queryOptions({
  queryKey: ['sign-in-policy'],
  queryFn: ({ signal }) =>
    http.get<{ policy: SignInPolicy; asvs: SignInPolicy; graded: SignInPolicy }>('/sign-in-policy', {
      signal,
    }),
});

export function useSavePolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (policy: SignInPolicy) => http.put('/sign-in-policy', policy),
    onSuccess: () => client.invalidateQueries({ queryKey: policyQuery.queryKey }),
  });
}
