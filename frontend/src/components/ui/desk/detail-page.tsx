import type { ReactNode } from 'react';
import { Card, Section } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Empty } from '@/components/ui/state-view';
import { Timeline, type TimelineItem } from '@/components/ui/timeline';
import { useSayCrumb } from '@/lib/crumb';
import styles from './detail-page.module.css';
import { useT } from '@/lib/t';

interface DetailPageProps {
  title: string;
  detail?: ReactNode;
  tags?: ReactNode;
  actions?: ReactNode;
  /** Label and value pairs at the top. */
  facts?: { label: string; value: ReactNode }[];
  /** What must be known before anything else: merged away, voided. */
  notice?: ReactNode;
  children?: ReactNode;
  /** What happened to it; undefined leaves the column out. */
  timeline?: TimelineItem[];
  aside?: ReactNode;
}

/** One thing in full: what it is, what belongs to it, what happened to it. */
export function DetailPage({
  title,
  detail,
  tags,
  actions,
  facts,
  notice,
  children,
  timeline,
  aside,
}: DetailPageProps) {
  const t = useT('ui');
  useSayCrumb(title);
  const hasAside = timeline !== undefined || aside !== undefined;
  return (
    <>
      <PageHeader title={title} detail={detail} tags={tags} actions={actions} />
      <div className={`${styles.grid} ${hasAside ? '' : styles.solo}`}>
        <div className={styles.main}>
          {notice}
          {facts && (
            <Card>
              <Facts items={facts} />
            </Card>
          )}
          {children}
        </div>
        {hasAside && (
          <div className={styles.aside}>
            {aside}
            {timeline && (
              <Card>
                <Section title={t('ui:timeline.title')}>
                  {timeline.length > 0 ? (
                    <Timeline items={timeline} label={t('ui:timeline.title')} />
                  ) : (
                    <Empty compact title={t('ui:timeline.empty')} />
                  )}
                </Section>
              </Card>
            )}
          </div>
        )}
      </div>
    </>
  );
}

export function Facts({ items }: { items: { label: string; value: ReactNode }[] }) {
  return (
    <dl className={styles.facts}>
      {items.map((item) => (
        <div key={item.label}>
          <dt>{item.label}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
