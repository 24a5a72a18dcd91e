import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { http } from './http';
import { isProblem } from './problem';

export type Role = 'learner' | 'trainer' | 'secretary' | 'auditor' | 'admin';

export interface Person {
  id: string;
  name: string;
  number: string;
  kind: 'staff' | 'student';
  party_unit_id: string;
  party_unit_name: string;
  admin_unit_id: string;
  admin_unit_name: string;
  /** Empty when none holds today. */
  stage: Stage | '';
  rank: Rank | '';
}

export type Stage =
  'masses' | 'applicant' | 'activist' | 'development_target' | 'probationary_member' | 'member';
export type Rank =
  'section_deputy' | 'section_head' | 'division_deputy' | 'division_head' | 'bureau_deputy' | 'bureau_head';

export interface Session {
  person: Person;
  roles: Role[];
  permissions: string[];
  must_change_password: boolean;
}

export interface Settings {
  product: string;
  institution: string;
  version: string;
  /** Empty unless the server runs the demonstration. */
  demo_accounts: DemoAccount[];
  server_now: string;
}

export interface DemoAccount {
  number: string;
  name: string;
  role: Role;
  password: string;
}

/** The signed-in person, or null. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await http.get<Session>('/session', { signal, stayOn401: true });
    } catch (error) {
      if (isProblem(error) && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => http.get<Settings>('/settings', { signal }),
  staleTime: 60 * 60_000,
});

/** The session on a page that the router guards, so it is there. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (!data) throw new Error('no session on a guarded page');
  return data;
}

export function useSettings(): Settings | undefined {
  return useQuery(settingsQuery).data;
}

export function can(session: Session | null | undefined, permission: string | readonly string[]): boolean {
  if (!session) return false;
  const wanted = typeof permission === 'string' ? [permission] : permission;
  return wanted.some((one) => session.permissions.includes(one));
}
