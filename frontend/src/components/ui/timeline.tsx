import type { ReactNode } from 'react';
import { isoDate, stamp } from '@/lib/time';
import styles from './timeline.module.css';

export interface TimelineItem {
  key: string;
  /** Undefined where the detail tells the time. */
  at?: string;
  title: ReactNode;
  detail?: ReactNode;
  /** Deeds on it, at the end of its line. */
  actions?: ReactNode;
  /** The day is all that is known. */
  dayOnly?: boolean;
  tone?: 'plain' | 'accent' | 'ok' | 'warn';
}

/** What happened, in order. Times are full, since this is a record. */
export function Timeline({ items, label }: { items: TimelineItem[]; label: string }) {
  return (
    <ol className={styles.line} aria-label={label}>
      {items.map((item) => (
        <li key={item.key} className={item.tone && item.tone !== 'plain' ? styles[item.tone] : undefined}>
          <div className="row wrap between" style={{ gap: '0 12px' }}>
            <span>{item.title}</span>
            {item.at !== undefined && (
              <time className="xs num" dateTime={item.at}>
                {item.dayOnly ? isoDate(item.at) : stamp(item.at)}
              </time>
            )}
          </div>
          {item.detail !== undefined && <div className="s">{item.detail}</div>}
          {item.actions !== undefined && <div className={styles.actions}>{item.actions}</div>}
        </li>
      ))}
    </ol>
  );
}
