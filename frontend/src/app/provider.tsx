import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
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

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
