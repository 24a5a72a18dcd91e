import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import type { DemoAccount as DemoAccountBody } from '../api/model/demoAccount';
import type { SessionBody } from '../api/model/sessionBody';
import type { SessionPerson } from '../api/model/sessionPerson';
import type { SettingsBody } from '../api/model/settingsBody';
import { getSession } from '../api/session/session';
import { getSettings } from '../api/settings/settings';
import type { Placed } from './org';
import { isProblem } from './problem';

/** The word of a built-in role, or the id of one of the institution's own. */
export type Role = string;

export type Person = Placed<SessionPerson>;

export type Session = Omit<SessionBody, 'person'> & { person: Person };

export type DemoAccount = DemoAccountBody;

/** What the sign-in page must know; demo_accounts is empty unless the server runs the demonstration. */
export type Settings = SettingsBody;

/** The signed-in person, or null. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return (await getSession({ signal, stayOn401: true })) as Session;
    } catch (error) {
      if (isProblem(error) && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => getSettings({ signal }) as Promise<Settings>,
  staleTime: 60 * 60_000,
});

let lastKnown: Session | undefined;

function orLastKnown(session: Session | null): Session {
  lastKnown = session ?? lastKnown;
  if (!lastKnown) throw new Error('no session on a guarded page');
  return lastKnown;
}

/** The session on a page that the router guards, so it is there; while the page leaves after signing out, the last. */
export function useSession(): Session {
  return orLastKnown(useSuspenseQuery(sessionQuery).data);
}

export function useSettings(): Settings | undefined {
  return useQuery(settingsQuery).data;
}

export function can(session: Session | null | undefined, permission: string | readonly string[]): boolean {
  if (!session) return false;
  const wanted = typeof permission === 'string' ? [permission] : permission;
  return wanted.some((one) => session.permissions.includes(one));
}

/** Whether a grant for the whole institution gives one of the permissions. */
export function canEverywhere(session: Session, permission: readonly string[]): boolean {
  return permission.some((one) => session.everywhere.includes(one));
}
