import { useEffect, useState, useSyncExternalStore } from 'react';
import { browserTimers } from '@/lib/timers';
import { newShelf, presenceTransport, reportTransport } from './api/play';
import { Play, type PlaySnapshot } from './engine/play';
import { Presence, type PresenceSnapshot } from './engine/presence';
import type { PlayOpened } from './model';

/** Follows one opened play for as long as the page shows it. */
export function usePlay(opened: PlayOpened): Play | undefined {
  const [play, setPlay] = useState<Play>();
  useEffect(() => {
    const made = new Play(opened, {
      timers: browserTimers,
      transport: reportTransport,
      shelf: newShelf(),
      random: Math.random,
    });
    const unfollow = followPage(made);
    setPlay(made);
    return () => {
      unfollow();
      made.close();
      setPlay(undefined);
    };
  }, [opened]);
  return play;
}

/** Phones end hidden pages without a word, so hiding already sends what there is. */
function followPage(play: Play): () => void {
  const hide = () => {
    if (document.visibilityState === 'hidden') play.leave();
  };
  const leave = () => play.leave();
  const online = () => play.flush();
  document.addEventListener('visibilitychange', hide);
  addEventListener('pagehide', leave);
  addEventListener('online', online);
  return () => {
    document.removeEventListener('visibilitychange', hide);
    removeEventListener('pagehide', leave);
    removeEventListener('online', online);
  };
}

/** The checks of a play, for as long as the page shows it. */
export function usePresence(play: Play): Presence {
  const [presence] = useState(
    () =>
      new Presence(play, {
        timers: browserTimers,
        transport: presenceTransport,
        random: Math.random,
        visible: () => document.visibilityState === 'visible',
      }),
  );
  useEffect(() => {
    const leave = presence.follow();
    const seen = () => {
      if (document.visibilityState === 'visible') presence.wake();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      document.removeEventListener('visibilitychange', seen);
      leave();
    };
  }, [presence]);
  return presence;
}

export function usePresenceState(presence: Presence): PresenceSnapshot {
  return useSyncExternalStore(presence.subscribe, presence.getSnapshot);
}

export function useSnapshot(play: Play): PlaySnapshot {
  return useSyncExternalStore(play.subscribe, play.getSnapshot);
}
