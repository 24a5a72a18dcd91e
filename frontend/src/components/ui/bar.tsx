import type { ReactNode } from 'react';
import { percent } from '@/lib/hours';
import styles from './bar.module.css';

export type BarTone = 'accent' | 'ok' | 'honour' | 'neutral';

interface BarProps {
  value: number;
  max: number;
  /** What a screen reader says; the picture alone says nothing. */
  label: string;
  tone?: BarTone;
}

/** Progress as a picture. */
export function Bar({ value, max, label, tone = 'accent' }: BarProps) {
  const share = max > 0 ? Math.min(100, Math.max(0, (value * 100) / max)) : 100;
  return (
    <span
      className={`${styles.bar} ${tone === 'accent' ? '' : styles[tone]}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent(value, max)}
    >
      <i style={{ width: `${share}%` }} />
    </span>
  );
}

/** A bar with its words above: 必修 18 / 24. */
export function CaptionedBar({
  caption,
  aside,
  ...bar
}: BarProps & { caption: ReactNode; aside?: ReactNode }) {
  return (
    <div>
      <div className={styles.caption}>
        <span>{caption}</span>
        {aside !== undefined && <span>{aside}</span>}
      </div>
      <Bar {...bar} />
    </div>
  );
}

/** Which parts of a lesson were watched. Spans are [from, to] in the unit of `length`. */
export function CoverageBar({
  spans,
  length,
  label,
}: {
  spans: [number, number][];
  length: number;
  label: string;
}) {
  return (
    <div className={styles.coverage} role="img" aria-label={label}>
      {length > 0 &&
        spans.map(([from, to]) => (
          <i
            key={from}
            style={{ left: `${(from * 100) / length}%`, width: `${((to - from) * 100) / length}%` }}
          />
        ))}
    </div>
  );
}

interface NumberWithBarProps {
  title: ReactNode;
  value: ReactNode;
  unit?: ReactNode;
  note?: ReactNode;
  bar?: BarProps;
}

/** A number that matters with its picture: the tiles above the tables. */
export function NumberWithBar({ title, value, unit, note, bar }: NumberWithBarProps) {
  return (
    <div className={styles.number}>
      <div className="s">{title}</div>
      <b>
        {value}
        {unit !== undefined && <small>{unit}</small>}
      </b>
      {note !== undefined && <> {note}</>}
      {bar && (
        <div style={{ marginTop: 6 }}>
          <Bar {...bar} />
        </div>
      )}
    </div>
  );
}
