import { sorted } from '@/lib/sorted';
import { useQuery } from '@tanstack/react-query';
import { Card, Section } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, SkeletonLines, StateView } from '@/components/ui/state-view';
import { Tabs } from '@/components/ui/tabs';
import { myExamsQuery, type MyExam } from '@/lib/data/exams';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { ExamCard } from './components/exam-card';
import styles from './exam-list.module.css';

type Tab = 'now' | 'closed';

/** The reader's exams: what can be sat, what comes, what is over. The next step is on each card. */
export default function ExamListPage() {
  const t = useT('exam-list', 'common');
  const [url, setUrl] = useUrlState();
  const tab: Tab = url.tab === 'closed' ? 'closed' : 'now';
  const query = useQuery(myExamsQuery);
  return (
    <>
      <PageHeader title={t('common:nav.exams')} />
      <StateView
        query={query}
        skeleton={
          <Card pad={false}>
            <SkeletonLines lines={6} />
          </Card>
        }
      >
        {({ items }) => {
          const past = items.filter(isPast);
          const open = items.filter((exam) => !isPast(exam) && exam.phase === 'open');
          const upcoming = items.filter((exam) => !isPast(exam) && exam.phase === 'upcoming');
          return (
            <Tabs
              label={t('common:nav.exams')}
              current={tab}
              onChange={(next) => setUrl({ tab: next === 'now' ? undefined : next })}
              tabs={[
                { key: 'now', title: t('exam-list:tab.now'), count: open.length + upcoming.length },
                { key: 'closed', title: t('exam-list:tab.closed'), count: past.length },
              ]}
            >
              {tab === 'closed' ? (
                <Group
                  exams={sorted(past, (a, b) => Date.parse(b.closes_at) - Date.parse(a.closes_at))}
                  empty="closed"
                  heading="h2"
                />
              ) : open.length + upcoming.length === 0 ? (
                <Group exams={[]} empty="now" />
              ) : (
                <div className={styles.groups}>
                  {open.length > 0 && (
                    <Section title={t('exam-list:open')}>
                      <Group
                        exams={sorted(open, (a, b) => Date.parse(a.closes_at) - Date.parse(b.closes_at))}
                      />
                    </Section>
                  )}
                  {upcoming.length > 0 && (
                    <Section title={t('exam-list:upcoming')}>
                      <Group
                        exams={sorted(upcoming, (a, b) => Date.parse(a.opens_at) - Date.parse(b.opens_at))}
                      />
                    </Section>
                  )}
                </div>
              )}
            </Tabs>
          );
        }}
      </StateView>
    </>
  );
}

/** Over for this person: the window is shut, or no attempt is left. */
function isPast(exam: MyExam): boolean {
  if (exam.attempt?.state === 'in_progress') return false;
  if (exam.phase === 'closed') return true;
  return exam.attempts_used >= exam.attempts_allowed && exam.attempts_used > 0;
}

function Group({ exams, empty, heading = 'h3' }: { exams: MyExam[]; empty?: Tab; heading?: 'h2' | 'h3' }) {
  const t = useT('exam-list');
  if (exams.length === 0 && empty) {
    return (
      <Card pad={false}>
        <Empty icon="exam" title={t(`exam-list:none.${empty}`)}>
          {t(`exam-list:noneHint.${empty}`)}
        </Empty>
      </Card>
    );
  }
  return (
    <ul className={styles.grid}>
      {exams.map((exam) => (
        <li key={exam.id}>
          <ExamCard exam={exam} heading={heading} />
        </li>
      ))}
    </ul>
  );
}
