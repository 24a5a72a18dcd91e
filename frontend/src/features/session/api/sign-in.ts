import { signIn } from '@/api/session/session';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { deviceId } from '@/lib/device';
import { sessionQuery, type Session } from '@/lib/session';

export interface Credentials {
  number: string;
  password: string;
}

/** Opens a session; whatever another person loaded in this browser is forgotten first. */
export function useSignIn() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (credentials: Credentials) =>
      signIn({ ...credentials, device_id: deviceId() }, { stayOn401: true }),
    onSuccess: (session) => {
      queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== 'settings' });
      queryClient.setQueryData(sessionQuery.queryKey, session as Session);
    },
  });
}
