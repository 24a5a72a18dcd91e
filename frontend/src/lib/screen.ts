import { useSyncExternalStore } from 'react';

const narrow = () => window.matchMedia('(max-width: 639px)');

function subscribe(changed: () => void): () => void {
  const list = narrow();
  list.addEventListener('change', changed);
  return () => list.removeEventListener('change', changed);
}

/** Whether the screen is a phone's: what is a table on a desk is a list of cards there. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow().matches);
}
