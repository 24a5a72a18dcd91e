import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type UrlState = Record<string, string>;

/** The page's query parameters as plain strings, and a setter that leaves no empty ones behind. */
export function useUrlState(): [
  UrlState,
  (change: Record<string, string | undefined>, push?: boolean) => void,
] {
  const search: UrlState = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (change: Record<string, string | undefined>, push = false) => {
      void navigate({
        to: '.',
        search: (before: UrlState) => clean({ ...before, ...change }),
        replace: !push,
        resetScroll: false,
      } as never);
    },
    [navigate],
  );
  return [search, set];
}

function clean(state: Record<string, string | undefined>): UrlState {
  return Object.fromEntries(
    Object.entries(state).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''),
  );
}

/** Query strings stay readable: `?q=党章&state=open`, each value a string. */
export const parseSearch = (text: string): UrlState => Object.fromEntries(new URLSearchParams(text));

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
