import type { ReactNode } from 'react';
import { Card } from '@/components/ui/card';
import { useSettings } from '@/lib/session';
import { useT } from '@/lib/t';
import styles from '../sign-in.module.css';

/** The frame of every page before the first: the name of the house and one card. */
export function Door({
  title,
  detail,
  children,
  below,
}: {
  title: ReactNode;
  detail?: ReactNode;
  children: ReactNode;
  below?: ReactNode;
}) {
  const t = useT('common');
  const settings = useSettings();
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <b>{t('common:product')}</b>
          {settings?.institution && <span className="s">{settings.institution}</span>}
        </div>
        <Card className={styles.card}>
          <div>
            <h1>{title}</h1>
            {detail !== undefined && <p className="s">{detail}</p>}
          </div>
          {children}
        </Card>
        {below}
      </div>
    </main>
  );
}
