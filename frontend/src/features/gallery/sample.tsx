import type { ReactNode } from 'react';
import styles from './gallery.module.css';

interface SampleProps {
  /** Test id and caption. */
  name: string;
  wide?: boolean;
  children: ReactNode;
}

/** One pattern in one state; the screenshot test shoots each by its test id. */
export function Sample({ name, wide, children }: SampleProps) {
  return (
    <div className={`${styles.sample} ${wide ? styles.wide : ''}`}>
      <p className="xs">{name}</p>
      <div data-testid={`sample-${name}`}>{children}</div>
    </div>
  );
}

export function Samples({ title, children, staff }: { title: string; children: ReactNode; staff?: boolean }) {
  return (
    <section className={staff ? styles.staff : undefined}>
      <h2 style={{ marginBottom: 12 }}>{title}</h2>
      <div className={styles.grid}>{children}</div>
    </section>
  );
}
