import { useMutation, useQueryClient } from '@tanstack/react-query';
import { http } from '@/lib/http';
import { sessionQuery } from '@/lib/session';

/** Changes the password; the other devices are signed out by the server. */
export function useChangePassword() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { current: string; next: string }) => http.post<void>('/password', body),
    onSuccess: () =>
      queryClient.setQueryData(sessionQuery.queryKey, (session) =>
        session ? { ...session, must_change_password: false } : session,
      ),
  });
}
