import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { DeviceBody } from '@/api/model/deviceBody';
import type { LinkBody } from '@/api/model/linkBody';
import { http } from '@/lib/http';
import { peopleKeys } from './people';

const keys = {
  devices: (id: string) => [...peopleKeys.detail(id), 'sessions'] as const,
  links: (id: string) => [...peopleKeys.detail(id), 'identities'] as const,
};

/** Where somebody is signed in; each look is recorded, so it is not asked twice by itself. */
export const devicesOfQuery = (id: string) =>
  queryOptions({
    queryKey: keys.devices(id),
    queryFn: ({ signal }) => http.get<{ items: DeviceBody[] }>(`/people/${id}/sessions`, { signal }),
    select: (page) => page.items,
    staleTime: Infinity,
    retry: false,
  });

/** By which identity providers somebody signs in. */
export const linksOfQuery = (id: string) =>
  queryOptions({
    queryKey: keys.links(id),
    queryFn: ({ signal }) => http.get<{ items: LinkBody[] }>(`/people/${id}/identities`, { signal }),
    select: (page) => page.items,
  });

/** What an administrator does to another's sign-in. */
export function useAccountDeeds(id: string) {
  const client = useQueryClient();
  const devices = { onSuccess: () => client.invalidateQueries({ queryKey: keys.devices(id) }) };
  return {
    resetFactors: useMutation({
      mutationFn: (reason: string) => http.post(`/people/${id}/reset-factors`, { reason }),
      ...devices,
    }),
    endSessions: useMutation({
      mutationFn: (reason: string) => http.post(`/people/${id}/end-sessions`, { reason }),
      ...devices,
    }),
    unlink: useMutation({
      mutationFn: (linkId: string) => http.delete(`/identity-links/${linkId}`),
      onSuccess: () => client.invalidateQueries({ queryKey: keys.links(id) }),
    }),
  };
}
