import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider, type AnyRoute } from '@tanstack/react-router';
import { whenSignedOut } from '@/lib/http';
import { paths } from '@/lib/paths';
import { newQueryClient } from '@/lib/query';
import { sessionQuery } from '@/lib/session';
import { newRouter } from './router';

const queryClient = newQueryClient();
const router = newRouter(queryClient);

// The session ended while the page was open: sign in again and come back to the same place. Before the first page
// stands, its guard does the same.
whenSignedOut(() => {
  const here = router.state.location;
  if (here.pathname === paths.signIn() || !queryClient.getQueryData(sessionQuery.queryKey)) return;
  queryClient.setQueryData(sessionQuery.queryKey, null);
  void router.navigate({ to: paths.signIn(), search: { return: here.href } as never });
});

/**
 * Asks for what the first page stands on, its code and the session, while the texts are still on their way. Who
 * asked for them again finds the same answer under way; a failure is met there.
 */
export function prepare(): void {
  const byId: Record<string, AnyRoute> = router.routesById;
  const routes = router.matchRoutes(router.latestLocation).map((match) => byId[match.routeId]!);
  if (routes.some((route) => route.options.beforeLoad)) void queryClient.prefetchQuery(sessionQuery);
  for (const route of routes) void router.loadRouteChunk(route)?.catch(() => undefined);
}

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
