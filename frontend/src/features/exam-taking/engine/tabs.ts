import type { Operation, OperationState } from './journal';

/** What the tabs of one browser tell each other about one attempt. */
export type TabMessage =
  | { type: 'written'; op: Operation }
  | { type: 'settled'; ids: string[]; state: OperationState; at: string; due_at: string }
  | { type: 'epoch'; epoch: number }
  | { type: 'ended' };

/**
 * Several tabs of one browser on one attempt: all may answer, one sends.
 *
 * The sender holds a Web Lock; when its tab is closed the lock passes on by
 * itself. The tab in front takes it over, since hidden tabs run slowly.
 */
export interface Tabs {
  /** Asks to be the sender; `gained` and `lost` tell when that begins and ends. */
  lead(gained: () => void, lost: () => void): void;
  /** This tab came to the front: take the lock from a hidden one. */
  front(): void;
  tell(message: TabMessage): void;
  listen(heard: (message: TabMessage) => void): void;
  close(): void;
}

const noop = () => {};

/** Tabs over Web Locks and BroadcastChannel; where they are missing each tab sends for itself. */
export function browserTabs(attemptId: string): Tabs {
  const name = `zhixing-attempt-${attemptId}`;
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined;
  const locks = globalThis.navigator?.locks;
  let onGained = noop;
  let onLost = noop;
  let leading = false;
  let closed = false;
  let release = noop;
  let waiting: AbortController | undefined;

  function request(steal: boolean): void {
    if (!locks || closed) return;
    waiting?.abort();
    waiting = steal ? undefined : new AbortController();
    const options: LockOptions = steal ? { steal: true } : { signal: waiting?.signal };
    locks
      .request(name, options, () => {
        if (closed) return undefined;
        leading = true;
        onGained();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      })
      .catch(() => {
        // Either this wait was given up for a steal, or another tab came to the front.
        if (!leading || closed) return;
        leading = false;
        onLost();
        request(false);
      });
  }

  return {
    lead(gained, lost) {
      onGained = gained;
      onLost = lost;
      if (locks) request(false);
      else gained();
    },
    front() {
      if (locks && !leading && !closed) request(true);
    },
    tell(message) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target
      channel?.postMessage(message);
    },
    listen(heard) {
      channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => heard(event.data));
    },
    close() {
      closed = true;
      waiting?.abort();
      release();
      channel?.close();
    },
  };
}

/** A browser with one tab; for tests and as the simplest case. */
export function singleTab(): Tabs {
  return {
    lead: (gained) => gained(),
    front: noop,
    tell: noop,
    listen: noop,
    close: noop,
  };
}
