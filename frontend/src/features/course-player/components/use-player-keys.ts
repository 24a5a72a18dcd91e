import { useEffect, type RefObject } from 'react';

const STEP_S = 10;

/** Keys for the whole page; while the controls have the focus they take them themselves. */
export function usePlayerKeys(video: RefObject<HTMLVideoElement | null>, active: boolean): void {
  useEffect(() => {
    if (!active) return undefined;
    function onKey(event: KeyboardEvent) {
      const element = video.current;
      if (!element || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (
        event.target !== document.body &&
        !(event.target instanceof HTMLElement && event.target.id === 'main')
      )
        return;
      if (event.key === ' ' || event.key === 'k') {
        if (element.paused) void element.play().catch(() => {});
        else element.pause();
      } else if (event.key === 'ArrowLeft') element.currentTime -= STEP_S;
      else if (event.key === 'ArrowRight') element.currentTime += STEP_S;
      else if (event.key === 'm') element.muted = !element.muted;
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [video, active]);
}
