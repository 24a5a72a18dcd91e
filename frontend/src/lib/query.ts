import { QueryClient } from '@tanstack/react-query';
import { isProblem } from './problem';

/** http.ts repeats reads by itself; the cache adds one more try for what may pass. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 1 && !isProblem(error),
        networkMode: 'offlineFirst',
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
