import type { ReactNode } from 'react';
import styles from './ring.module.css';

interface RingProps {
  value: number;
  max: number;
  /** The number in the middle and the line under it. */
  text?: ReactNode;
  under?: ReactNode;
  label: string;
  /** Pixels at normal type size. */
  size?: number;
  tone?: 'accent' | 'ok' | 'honour';
}

const RADIUS = 48;
const ROUND = 2 * Math.PI * RADIUS;

/** How much of the whole is done, with the number inside. */
export function Ring({ value, max, text, under, label, size = 112, tone = 'accent' }: RingProps) {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 1;
  return (
    <div
      className={`${styles.ring} ${size < 96 ? styles.small : ''}`}
      style={{ width: `${size / 16}rem`, height: `${size / 16}rem` }}
      role="img"
      aria-label={label}
    >
      <svg viewBox="0 0 112 112" aria-hidden="true">
        <circle cx="56" cy="56" r={RADIUS} className={styles.track} />
        {share > 0 && (
          <circle
            cx="56"
            cy="56"
            r={RADIUS}
            className={`${styles.done} ${styles[tone]}`}
            strokeDasharray={`${share * ROUND} ${ROUND}`}
            transform="rotate(-90 56 56)"
          />
        )}
      </svg>
      <div className={styles.text} aria-hidden="true">
        {text !== undefined && <b>{text}</b>}
        {under !== undefined && <span>{under}</span>}
      </div>
    </div>
  );
}
