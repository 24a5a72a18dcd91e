import type { QueryClient } from '@tanstack/react-query';
import { notFound, redirect } from '@tanstack/react-router';
import { paths } from '@/lib/paths';
import { can, canEverywhere, sessionQuery, type Session } from '@/lib/session';

export interface RouterContext {
  queryClient: QueryClient;
}

interface Visit {
  context: RouterContext;
  location: { href: string; pathname: string };
}

/** Lets only a signed-in person through who owes neither a second step nor a new password. */
export async function signedIn({ context, location }: Visit): Promise<Session> {
  const session = await context.queryClient.ensureQueryData(sessionQuery);
  if (!session) {
    const back = location.href === paths.home() ? undefined : location.href;
    throw redirect({ to: paths.signIn(), search: { return: back } as never });
  }
  const owed = session.needs_factor
    ? paths.secondFactor()
    : session.must_change_password
      ? paths.newPassword()
      : session.must_enrol
        ? paths.enrol()
        : undefined;
  if (owed && location.pathname !== owed) {
    const asks = [paths.secondFactor(), paths.newPassword(), paths.enrol()].includes(location.pathname);
    throw redirect({ to: owed, search: (asks ? undefined : { return: location.href }) as never });
  }
  return session;
}

/** Lets only who holds one of the permissions through. Others see what a wrong address shows: the server does the same. */
export function needs(...permissions: string[]) {
  return async (visit: Visit): Promise<void> => {
    if (!can(await signedIn(visit), permissions)) throw notFound();
  };
}

/** The same, where only a grant for the whole institution will do. */
export function needsWhole(...permissions: string[]) {
  return async (visit: Visit): Promise<void> => {
    if (!canEverywhere(await signedIn(visit), permissions)) throw notFound();
  };
}
