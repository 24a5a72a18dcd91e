import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { SkeletonLines } from '@/components/ui/state-view';
import { parseSearch, stringifySearch } from '@/lib/url-state';
import { learnerRoutes } from './routes/learner';
import { publicRoutes } from './routes/public';
import { NotFoundPage, RouteProblem, rootRoute } from './routes/root';
import { staffRoutes } from './routes/staff';

export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: rootRoute.addChildren([...publicRoutes, ...learnerRoutes, staffRoutes]),
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 200,
    defaultPendingMinMs: 200,
    defaultPendingComponent: SkeletonLines,
    defaultErrorComponent: RouteProblem,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
}
