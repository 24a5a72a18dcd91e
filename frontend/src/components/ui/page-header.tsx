import { useEffect, type ReactNode } from 'react';
import styles from './page-header.module.css';

interface PageHeaderProps {
  title: string;
  /** The line under the title: as of when, whose, how many. */
  detail?: ReactNode;
  /** State tags beside the title. */
  tags?: ReactNode;
  actions?: ReactNode;
}

/** The one h1 of a page; also names the browser's tab. */
export function PageHeader({ title, detail, tags, actions }: PageHeaderProps) {
  useTitle(title);
  return (
    <div className={styles.head}>
      <div>
        <div className={styles.title}>
          <h1>{title}</h1>
          {tags}
        </div>
        {detail !== undefined && <div className="xs">{detail}</div>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** Puts the page's name before the product's in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = title === '' ? '知行' : `${title} · 知行`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
