import type { ReactNode } from 'react';
import styles from './tag.module.css';

export type Tone = 'plain' | 'accent' | 'ok' | 'honour' | 'warn';

/** A short state beside a title. Gold (`honour`) is for honours only. */
export function Tag({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${styles.tag} ${tone === 'plain' ? '' : styles[tone]}`}>{children}</span>;
}
