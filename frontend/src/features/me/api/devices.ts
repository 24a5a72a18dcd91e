import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { DeviceBody } from '@/api/model/deviceBody';
import { listSessions, revokeSession } from '@/api/sessions/sessions';

export type Device = DeviceBody;

export const devicesQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => listSessions({ signal }),
});

/** Signs one other device out. */
export function useRevokeDevice() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => revokeSession(id),
    onSettled: () => queryClient.invalidateQueries(devicesQuery),
  });
}
