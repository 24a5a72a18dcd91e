import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { BreakGlassBody } from '@/api/model/breakGlassBody';
import { http } from '@/lib/http';

export type BreakGlassPerson = BreakGlassBody;

export const breakGlassQuery = queryOptions({
  queryKey: ['break-glass-people'],
  queryFn: ({ signal }) => http.get<{ items: BreakGlassPerson[] }>('/break-glass-people', { signal }),
});

export function useSetBreakGlass() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, on, reason }: { id: string; on: boolean; reason: string }) =>
      http.post(`/people/${id}/break-glass`, { on, reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: breakGlassQuery.queryKey }),
  });
}
