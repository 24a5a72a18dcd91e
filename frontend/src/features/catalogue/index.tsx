import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { TextField } from '@/components/ui/field';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, Skeleton, StateView } from '@/components/ui/state-view';
import { Segmented } from '@/components/ui/tabs';
import { useRested } from '@/lib/debounce';
import { catalogueQuery } from '@/lib/data/catalogue';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { CourseCard } from './components/course-card';
import styles from './catalogue.module.css';

/** The courses open to the reader, with search and filters in the address. */
export default function CataloguePage() {
  const t = useT('catalogue', 'common', 'ui');
  const [url, setUrl] = useUrlState();
  const query = useInfiniteQuery(catalogueQuery({ q: url.q, required: url.required, state: url.state }));
  const filtered = Boolean(url.q || url.required || url.state);
  const clear = () => setUrl({ q: undefined, required: undefined, state: undefined });
  return (
    <>
      <PageHeader title={t('common:nav.courses')} />
      <div className={styles.tools} role="search" aria-label={t('catalogue:find')}>
        <Search value={url.q ?? ''} onChange={(q) => setUrl({ q })} />
        <div className={styles.filters}>
          <Segmented
            label={t('catalogue:kind.label')}
            current={url.required ?? ''}
            onChange={(required) => setUrl({ required })}
            options={[
              { key: '', title: t('catalogue:kind.all') },
              { key: 'true', title: t('common:required') },
              { key: 'false', title: t('common:elective') },
            ]}
          />
          <Segmented
            label={t('catalogue:state.label')}
            current={url.state ?? ''}
            onChange={(state) => setUrl({ state })}
            options={[
              { key: '', title: t('catalogue:state.all') },
              { key: 'not_started', title: t('catalogue:state.not_started') },
              { key: 'in_progress', title: t('catalogue:state.in_progress') },
              { key: 'done', title: t('catalogue:state.done') },
            ]}
          />
        </div>
      </div>
      <StateView
        query={query}
        skeleton={<GridSkeleton />}
        isEmpty={(data) => data.pages.every((one) => one.items.length === 0)}
        empty={
          <Card pad={false}>
            {filtered ? (
              <Empty
                icon="search"
                title={t('catalogue:nothingFound')}
                action={<Button onClick={clear}>{t('ui:table.clear')}</Button>}
              >
                {t('catalogue:nothingFoundHint')}
              </Empty>
            ) : (
              <Empty icon="course" title={t('catalogue:none')}>
                {t('catalogue:noneHint')}
              </Empty>
            )}
          </Card>
        }
      >
        {(data) => (
          <>
            <ul className={styles.grid}>
              {data.pages.flatMap((one) =>
                one.items.map((course) => (
                  <li key={course.id}>
                    <CourseCard course={course} />
                  </li>
                )),
              )}
            </ul>
            {query.hasNextPage && (
              <div className={styles.more}>
                <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('ui:table.more')}
                </Button>
              </div>
            )}
          </>
        )}
      </StateView>
    </>
  );
}

function Search({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const t = useT('catalogue');
  const [text, setText] = useState(value);
  const rested = useRested(text);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (rested === text && rested.trim() !== value) onChange(rested.trim());
    // Only what was typed goes to the address; what came from it is there already.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [rested]);
  return (
    <TextField
      hideLabel
      start="search"
      type="search"
      label={t('catalogue:search')}
      placeholder={t('catalogue:search')}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

function GridSkeleton() {
  return (
    <div className={styles.grid}>
      {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
        <div key={key} className={styles.course}>
          <Skeleton width="6rem" height="3.75rem" />
          <div className={styles.text}>
            <Skeleton width="80%" />
            <div style={{ height: 8 }} />
            <Skeleton width="50%" height="0.875rem" />
          </div>
        </div>
      ))}
    </div>
  );
}
