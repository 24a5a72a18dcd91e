import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { browserTimers } from '@/lib/timers';
import { useT } from '@/lib/t';
import type { Presence } from '../engine/presence';
import { usePresenceState } from '../use-play';
import styles from './presence-panel.module.css';

/** The question whether somebody is there, over the picture that waits. */
export function PresencePanel({ presence }: { presence: Presence }) {
  const t = useT('course-player');
  const title = useId();
  const { phase, check, ends_at, trouble } = usePresenceState(presence);
  const panel = useRef<HTMLDivElement>(null);
  const left = useSecondsLeft(ends_at, phase === 'shown');
  useEffect(() => {
    // The question takes the focus: a person who only hears the page has to learn of it.
    if (phase === 'asking' || phase === 'shown') panel.current?.focus();
  }, [phase]);
  return (
    <div
      ref={panel}
      tabIndex={-1}
      role="alertdialog"
      aria-labelledby={title}
      className={styles.panel}
      data-testid="presence-check"
      data-phase={phase}
    >
      <b id={title}>
        {check?.kind === 'sum'
          ? t('course-player:presence.sum', { a: check.a, b: check.b })
          : t('course-player:presence.title')}
      </b>
      {check ? (
        <>
          <p>{t('course-player:presence.text')}</p>
          <div className={styles.options}>
            {check.options.map((option) => (
              <Button
                key={option.id}
                kind={option.text ? 'plain' : 'primary'}
                busy={phase === 'sending' && check.options.length === 1}
                disabled={phase !== 'shown'}
                onClick={() => presence.answer(option.id)}
                data-testid="presence-option"
              >
                {option.text || t('course-player:presence.confirm')}
              </Button>
            ))}
          </div>
          <p className={styles.left} role="timer" aria-live="off">
            {trouble
              ? t('course-player:presence.trouble')
              : t('course-player:presence.left', { count: left })}
          </p>
        </>
      ) : (
        <p role="status">{t(trouble ? 'course-player:presence.trouble' : 'course-player:presence.coming')}</p>
      )}
    </div>
  );
}

interface MissedProps {
  busy: boolean;
  onReopen: () => void;
  /** As a line under the video that plays on. */
  inline?: boolean;
}

/** A check was missed: what that means, and how to go on. */
export function MissedCheck({ busy, onReopen, inline }: MissedProps) {
  const t = useT('course-player');
  return (
    <div
      className={inline ? styles.line : styles.panel}
      role={inline ? undefined : 'alert'}
      data-testid="presence-missed"
    >
      <b>{t('course-player:presence.missed')}</b>
      <p>{t(inline ? 'course-player:presence.missedOn' : 'course-player:presence.missedText')}</p>
      <Button kind="primary" small={inline} busy={busy} onClick={onReopen} data-testid="presence-resume">
        {t('course-player:presence.resume')}
      </Button>
    </div>
  );
}

function useSecondsLeft(endsAt: number, running: boolean): number {
  const [now, setNow] = useState(() => browserTimers.now());
  useEffect(() => {
    if (!running) return undefined;
    const every = setInterval(() => setNow(browserTimers.now()), 1_000);
    return () => clearInterval(every);
  }, [running]);
  return Math.max(0, Math.floor((endsAt - now) / 1_000));
}
