import { changePassword } from '@/api/password/password';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { sessionQuery } from '@/lib/session';

/** Changes the password; the other devices are signed out by the server. */
export function useChangePassword() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { current?: string; next: string }) => changePassword(body),
    onSuccess: () =>
      queryClient.setQueryData(sessionQuery.queryKey, (session) =>
        session ? { ...session, must_change_password: false } : session,
      ),
  });
}
