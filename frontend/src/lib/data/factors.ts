import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http } from '../http';
import { createPasskey, provePasskey, type CreationOptions, type RequestOptions } from '../passkey';
import { sessionQuery, type Session } from '../session';

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at?: string;
}

/** What the person has set up beside the password. */
export interface Factors {
  password: boolean;
  totp: boolean;
  passkeys: Passkey[];
  passkeys_here: boolean;
  recovery_left: number;
  asked: boolean;
  required: boolean;
  required_from: string;
}

export const factorsQuery = queryOptions({
  queryKey: ['my-factors'],
  queryFn: ({ signal }) => http.get<Factors>('/my-factors', { signal }),
});

/** One way to prove who one is. */
export interface Proof {
  password?: string;
  code?: string;
  recovery?: string;
  ceremony_id?: string;
  answer?: unknown;
}

interface Asked<T> {
  ceremony_id: string;
  options: T;
}

/** Lets the device answer, and returns its answer as a proof. */
export async function passkeyProof(): Promise<Proof> {
  const asked = await http.post<Asked<RequestOptions>>('/session/passkey-options', undefined, {
    stayOn401: true,
  });
  return { ceremony_id: asked.ceremony_id, answer: await provePasskey(asked.options) };
}

export type Purpose = 'second-factor' | 'step-up';

/** Gives a proof; the session goes on with a new token. */
export function useProve(purpose: Purpose) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (proof: Proof) => http.post<Session>(`/session/${purpose}`, proof),
    onSuccess: (session) => {
      if (purpose === 'second-factor')
        client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'settings' });
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
}

interface Recovery {
  recovery_codes: string[];
}

/** What one may do to one's own factors; the session is read again after each. */
export function useFactorDeeds() {
  const client = useQueryClient();
  const settled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: factorsQuery.queryKey }),
      client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    ]);
  return {
    beginTotp: useMutation({
      mutationFn: () => http.post<{ secret: string; url: string; qr: string }>('/my-factors/totp'),
    }),
    confirmTotp: useMutation({
      mutationFn: (code: string) => http.post<Recovery>('/my-factors/totp/confirm', { code }),
      onSuccess: () => client.invalidateQueries({ queryKey: factorsQuery.queryKey }),
    }),
    removeTotp: useMutation({ mutationFn: () => http.delete('/my-factors/totp'), onSuccess: settled }),
    newCodes: useMutation({
      mutationFn: () => http.post<Recovery>('/my-factors/recovery-codes'),
      onSuccess: settled,
    }),
    addPasskey: useMutation({
      mutationFn: async (name: string) => {
        const asked = await http.post<Asked<CreationOptions>>('/my-factors/passkey-options');
        const answer = await createPasskey(asked.options);
        return http.post<Recovery>('/my-factors/passkeys', { ceremony_id: asked.ceremony_id, name, answer });
      },
      onSuccess: () => client.invalidateQueries({ queryKey: factorsQuery.queryKey }),
    }),
    renamePasskey: useMutation({
      mutationFn: ({ id, name }: { id: string; name: string }) =>
        http.put(`/my-factors/passkeys/${id}`, { name }),
      onSuccess: settled,
    }),
    removePasskey: useMutation({
      mutationFn: (id: string) => http.delete(`/my-factors/passkeys/${id}`),
      onSuccess: settled,
    }),
    settled,
  };
}
