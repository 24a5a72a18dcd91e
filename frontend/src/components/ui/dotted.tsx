import type { ReactNode } from 'react';
import styles from './dotted.module.css';

/** `60 分钟 · 50 题 · 阿依古丽·买买提`: empty parts are left out, and no part is broken in two that fits on a line. */
export function Dotted({ parts }: { parts: (ReactNode | false | undefined)[] }) {
  const shown = parts.filter((part) => part !== undefined && part !== false && part !== '' && part !== null);
  return (
    <span className={styles.clip}>
      <span className={styles.row}>
        {shown.map((part, at) => (
          // oxlint-disable-next-line react/no-array-index-key -- the parts have no other identity and no state
          <span key={at}>{part}</span>
        ))}
      </span>
    </span>
  );
}
