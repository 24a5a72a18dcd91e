import { useMutation } from '@tanstack/react-query';
import { deviceId } from '@/lib/device';
import { http } from '@/lib/http';
import type { Session } from '@/lib/session';
import { useOpened } from './sign-in';

/** WeChat Work's own browser. */
export const insideWeCom = () => /wxwork/i.test(navigator.userAgent);

/** Sends the browser to an identity provider. */
export function useLeave() {
  return useMutation({
    mutationFn: ({ id, back }: { id: string; back: string }) =>
      http.post<{ url: string }>(
        `/sign-in/connections/${id}/begin`,
        { return_to: back, in_app: insideWeCom() },
        { stayOn401: true },
      ),
    onSuccess: ({ url }) => location.assign(url),
  });
}

/** Takes the browser back with what the provider gave it. */
export function useReturn() {
  const opened = useOpened();
  return useMutation({
    mutationFn: (query: string) =>
      http.post<{ session: Session; return_to: string }>(
        '/sign-in/finish',
        { query, device_id: deviceId() },
        { stayOn401: true },
      ),
    onSuccess: ({ session }) => opened(session),
  });
}

/** Name and password of a directory. */
export function useDirectory() {
  return useMutation({
    mutationFn: ({ id, name, password }: { id: string; name: string; password: string }) =>
      http.post<Session>(
        `/sign-in/connections/${id}/password`,
        { name, password, device_id: deviceId() },
        { stayOn401: true },
      ),
    onSuccess: useOpened(),
  });
}
