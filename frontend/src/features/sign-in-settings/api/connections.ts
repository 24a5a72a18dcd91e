import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http, type Page } from '@/lib/http';
import type { Messages } from '@/lib/problem';

export type Kind = 'oidc' | 'cas' | 'ldap' | 'wecom' | 'dingtalk';

export interface Connection {
  id: string;
  kind: Kind;
  name: string;
  enabled: boolean;
  position: number;
  version: number;
  has_secret: boolean;
  url: string;
  client_id: string;
  agent_id: string;
  scopes: string;
  number: string;
  subject: string;
  bind_dn: string;
  base_dn: string;
  filter: string;
  start_tls: boolean;
  cas_version: string;
  authorities: string;
  hosts: string;
  link_number: boolean;
}

export interface Finding {
  step: string;
  ok: boolean;
  reason: string;
  messages: Messages;
}

export interface Conflict {
  id: string;
  connection_name: string;
  subject: string;
  number: string;
  messages: Messages;
  tries: number;
  last_at: string;
}

export const connectionsQuery = queryOptions({
  queryKey: ['identity-connections'],
  queryFn: ({ signal }) =>
    http.get<{ items: Connection[]; callback: string }>('/identity-connections', { signal }),
});

export const conflictsQuery = queryOptions({
  queryKey: ['identity-conflicts'],
  queryFn: ({ signal }) => http.get<Page<Conflict>>('/identity-conflicts?limit=200', { signal }),
});

export function useConnectionDeeds() {
  const client = useQueryClient();
  const read = () => client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
  return {
    save: useMutation({
      mutationFn: (form: Connection & { secret: string }) => {
        const body: Partial<typeof form> = { ...form };
        delete body.id;
        delete body.has_secret;
        return form.id === ''
          ? http.post<Connection>('/identity-connections', body)
          : http.put<Connection>(`/identity-connections/${form.id}`, body);
      },
      onSuccess: read,
    }),
    test: useMutation({
      mutationFn: (id: string) => http.post<{ findings: Finding[] }>(`/identity-connections/${id}/test`),
    }),
    remove: useMutation({
      mutationFn: (id: string) => http.delete(`/identity-connections/${id}`),
      onSuccess: read,
    }),
    link: useMutation({
      mutationFn: ({ id, number, reason }: { id: string; number: string; reason: string }) =>
        http.post(`/identity-conflicts/${id}/link`, { number, reason }),
      onSuccess: () => client.invalidateQueries({ queryKey: conflictsQuery.queryKey }),
    }),
    resolve: useMutation({
      mutationFn: (id: string) => http.post(`/identity-conflicts/${id}/resolve`),
      onSuccess: () => client.invalidateQueries({ queryKey: conflictsQuery.queryKey }),
    }),
  };
}
