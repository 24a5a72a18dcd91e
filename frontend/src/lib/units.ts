import { queryOptions } from '@tanstack/react-query';
import { http, withQuery } from './http';

export type Tree = 'party' | 'admin';

/** A node of one of the two trees, as GET /units gives it: parents first, limited to the reader's scope. */
export interface Unit {
  id: string;
  parent_id?: string | null;
  tree: Tree;
  name: string;
  kind: string;
  position: number;
  /** Names from the root down to the unit itself. */
  path_names: string[];
  /** People of the subtree today. */
  people: number;
  opened_on?: string;
  closed_on?: string;
  /** To be sent with a change. */
  version: number;
}

/** All units of one tree that the reader may see; today's tree, or that of a day. */
export const unitsQuery = (tree: Tree, closed = false, asOf?: string) =>
  queryOptions({
    queryKey: ['units', tree, closed, asOf] as const,
    queryFn: ({ signal }) =>
      http.get<{ items: Unit[] }>(
        withQuery('/units', { tree, closed: closed ? 'true' : undefined, as_of: asOf }),
        { signal },
      ),
    select: (page) => page.items,
    staleTime: 60_000,
  });
