import { useEffect, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let leaf: { path: string; text: string } | undefined;

function change(next: typeof leaf): void {
  leaf = next;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The last breadcrumb of the page at `path`, once the page has said it. */
export function useCrumb(path: string): string | undefined {
  return useSyncExternalStore(subscribe, () => (leaf?.path === path ? leaf.text : undefined));
}

/** A detail page names itself in the breadcrumbs: the course's title, the person's name. */
export function useSayCrumb(text: string | undefined): void {
  useEffect(() => {
    if (text === undefined) return;
    change({ path: location.pathname, text });
    return () => change(undefined);
  }, [text]);
}
