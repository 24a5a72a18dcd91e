import type { ReactNode } from 'react';
import styles from '../exam-authoring.module.css';

/** A table of evidence that scrolls in itself. */
export function ScrollRegion({
  label,
  maxHeight,
  children,
}: {
  label: string;
  maxHeight?: number;
  children: ReactNode;
}) {
  return (
    <div
      className={styles.operations}
      style={maxHeight === undefined ? undefined : { maxHeight, overflowY: 'auto' }}
      // A region that scrolls must be reachable by keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      {children}
    </div>
  );
}
