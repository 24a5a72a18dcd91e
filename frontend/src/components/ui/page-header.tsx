import { useEffect, type ReactNode } from 'react';
import { useT } from '@/lib/t';
import { AppLink } from './app-link';
import { Icon } from './icon';
import styles from './page-header.module.css';

interface PageHeaderProps {
  title: string;
  /** The line under the title: as of when, whose, how many. */
  detail?: ReactNode;
  /** State tags beside the title. */
  tags?: ReactNode;
  actions?: ReactNode;
  /** The page above, on a phone where no breadcrumbs are. */
  back?: string;
}

/** The one h1 of a page; also names the browser's tab. */
export function PageHeader({ title, detail, tags, actions, back }: PageHeaderProps) {
  const t = useT('ui');
  useTitle(title);
  return (
    <div className={styles.head}>
      <div>
        {back !== undefined && (
          <AppLink to={back} className={styles.back}>
            <Icon name="left" size={16} />
            {t('ui:back')}
          </AppLink>
        )}
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
