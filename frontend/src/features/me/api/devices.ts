import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http } from '@/lib/http';

export interface Device {
  id: string;
  current: boolean;
  user_agent: string;
  ip: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
}

export const devicesQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => http.get<{ items: Device[] }>('/sessions', { signal }),
});

/** Signs one other device out. */
export function useRevokeDevice() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => http.delete(`/sessions/${id}`),
    onSettled: () => queryClient.invalidateQueries(devicesQuery),
  });
}
