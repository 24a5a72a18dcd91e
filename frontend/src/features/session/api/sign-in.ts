import { signIn } from '@/api/session/session';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { passkeyProof } from '@/lib/data/factors';
import { deviceId } from '@/lib/device';
import { http } from '@/lib/http';
import { sessionQuery, type Session } from '@/lib/session';

export interface Credentials {
  number: string;
  password: string;
}

/** Whatever another person loaded in this browser is forgotten when a session opens. */
export function useOpened() {
  const queryClient = useQueryClient();
  return (session: unknown) => {
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== 'settings' });
    queryClient.setQueryData(sessionQuery.queryKey, session as Session);
  };
}

/** Opens a session by number and password. */
export function useSignIn() {
  return useMutation({
    mutationFn: (credentials: Credentials) =>
      signIn({ ...credentials, device_id: deviceId() }, { stayOn401: true }),
    onSuccess: useOpened(),
  });
}

/** Opens a session by a passkey alone. */
export function usePasskeySignIn() {
  return useMutation({
    mutationFn: async () =>
      http.post<Session>(
        '/session/passkey',
        { ...(await passkeyProof()), device_id: deviceId() },
        { stayOn401: true },
      ),
    onSuccess: useOpened(),
  });
}
