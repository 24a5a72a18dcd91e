import { useEffect, useRef } from 'react';

interface Keys {
  /** A…F or 1…6. */
  option: (key: string) => void;
  step: (by: 1 | -1) => void;
  flag: () => void;
}

/**
 * The exam by keyboard: letters and digits choose, left and right go between questions, M marks. Up and down stay
 * with the options, as in any radio group.
 */
export function useExamKeys(active: boolean, keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!active) return undefined;
    function onKey(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target instanceof HTMLElement && event.target.closest('textarea, select, [contenteditable]'))
        return;
      const { key } = event;
      if (key === 'ArrowRight') latest.current.step(1);
      else if (key === 'ArrowLeft') latest.current.step(-1);
      else if (key === 'm' || key === 'M') latest.current.flag();
      else if (/^[a-f1-6]$/i.test(key) && !event.repeat) latest.current.option(key);
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [active]);
}
