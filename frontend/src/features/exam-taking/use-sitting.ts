import { useEffect, useState, useSyncExternalStore } from 'react';
import { newId } from '@/lib/id';
import { browserTimers } from '@/lib/timers';
import { attemptTransport, type LoadedAttempt } from './api/attempt';
import { MemoryJournal, openJournal, type Journal } from './engine/journal';
import { FreezeWatch, ServerClock } from './engine/server-clock';
import { Sitting } from './engine/sitting';
import type { SittingSnapshot } from './engine/state';
import { browserTabs } from './engine/tabs';

const KEEP_SETTLED_MS = 30 * 86_400_000;

async function keep(): Promise<{ journal: Journal; kept: boolean }> {
  try {
    const journal = await openJournal();
    // Asks the browser not to clear the journal when space runs short.
    void navigator.storage?.persist?.().catch(() => false);
    return { journal, kept: true };
  } catch {
    return { journal: new MemoryJournal(), kept: false };
  }
}

async function openSitting({ attempt, sentAt, gotAt }: LoadedAttempt): Promise<Sitting> {
  const clock = new ServerClock(browserTimers);
  clock.sample(sentAt, gotAt, attempt.server_now);
  const { journal, kept } = await keep();
  const before = new Date(clock.now() - KEEP_SETTLED_MS).toISOString();
  void journal.prune(attempt.id, before).catch(() => {});
  const ports = {
    journal,
    transport: attemptTransport(attempt.id),
    tabs: browserTabs(attempt.id),
    timers: browserTimers,
    random: Math.random,
    newId,
  };
  return Sitting.open(attempt, ports, clock, kept);
}

/** Opens the attempt in this tab and keeps it in step with the page's life. */
export function useSitting(loaded: LoadedAttempt): Sitting | undefined {
  const [sitting, setSitting] = useState<Sitting>();
  useEffect(() => {
    let gone = false;
    let opened: Sitting | undefined;
    let unfollow: (() => void) | undefined;
    void openSitting(loaded).then((made) => {
      if (gone) return made.close();
      opened = made;
      unfollow = followPage(made);
      setSitting(made);
    });
    return () => {
      gone = true;
      unfollow?.();
      opened?.close();
      setSitting(undefined);
    };
  }, [loaded]);
  return sitting;
}

/** Asks the server again whenever the page or the network comes back, or the machine has slept. */
function followPage(sitting: Sitting): () => void {
  const back = () => {
    if (document.visibilityState === 'visible') void sitting.resync();
  };
  const freeze = new FreezeWatch(() => performance.now(), Date.now);
  const watching = setInterval(() => {
    if (freeze.parted()) void sitting.resync(false);
  }, 2_000);
  document.addEventListener('visibilitychange', back);
  addEventListener('pageshow', back);
  addEventListener('online', back);
  return () => {
    clearInterval(watching);
    document.removeEventListener('visibilitychange', back);
    removeEventListener('pageshow', back);
    removeEventListener('online', back);
  };
}

export function useSnapshot(sitting: Sitting): SittingSnapshot {
  return useSyncExternalStore(sitting.subscribe, sitting.getSnapshot);
}

/** Whole seconds left by the server's clock, rounded up; redrawn when they change. */
export function useSecondsLeft(sitting: Sitting): number {
  const [seconds, setSeconds] = useState(() => Math.ceil(sitting.remainingMs() / 1_000));
  useEffect(() => {
    const tick = () => setSeconds(Math.ceil(sitting.remainingMs() / 1_000));
    tick();
    const ticking = setInterval(tick, 250);
    return () => clearInterval(ticking);
  }, [sitting]);
  return seconds;
}

/** Asks before the page is left while answers are not on the server. */
export function useLeaveGuard(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return undefined;
    const guard = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', guard);
    return () => removeEventListener('beforeunload', guard);
  }, [unsaved]);
}
