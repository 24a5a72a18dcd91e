import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { signOut, signOutEverywhere } from '../api/session/session';
import { paths } from './paths';
import { sessionQuery } from './session';

/** Ends this session and forgets what was loaded in it. Signing out works even when the session is already gone. */
export function useSignOut(everywhere = false) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => (everywhere ? signOutEverywhere : signOut)({ stayOn401: true }),
    onSuccess: async () => {
      queryClient.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: paths.signIn() });
      queryClient.removeQueries({
        predicate: (query) => query.queryKey[0] !== 'settings' && query.queryKey[0] !== 'session',
      });
    },
  });
}
