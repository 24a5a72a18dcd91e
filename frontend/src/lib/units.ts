import { queryOptions } from '@tanstack/react-query';
import { http } from './http';

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
  closed_on?: string;
}

/** All units of one tree that the reader may see. */
export const unitsQuery = (tree: Tree, closed = false) =>
  queryOptions({
    queryKey: ['units', tree, closed] as const,
    queryFn: ({ signal }) =>
      http.get<{ items: Unit[] }>(`/units?tree=${tree}${closed ? '&closed=true' : ''}`, { signal }),
    select: (page) => page.items,
    staleTime: 60_000,
  });
