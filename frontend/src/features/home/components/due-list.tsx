import { useQuery } from '@tanstack/react-query';
import { CardItem, CardList, Card, Section } from '@/components/ui/card';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag, type Tone } from '@/components/ui/tag';
import { serverNow } from '@/lib/clock';
import { myExamsQuery, type MyExam } from '@/lib/data/exams';
import { paths } from '@/lib/paths';
import { useNarrow } from '@/lib/screen';
import { sorted } from '@/lib/sorted';
import { useT } from '@/lib/t';
import { dueText, momentText, type Due } from '@/lib/time';
import styles from '../home.module.css';

const tones: Record<Due['tone'], Tone> = { now: 'accent', past: 'accent', soon: 'warn', later: 'plain' };

/** What is due: exams under way and ahead, the nearest first. */
export function DueList() {
  const t = useT('home', 'common');
  const query = useQuery(myExamsQuery);
  // The rest is one press away; what is new must stay in sight.
  const narrow = useNarrow();
  return (
    <Section title={t('home:due.title')} more={{ text: t('home:all'), to: paths.exams() }}>
      <StateView
        query={query}
        compact
        isEmpty={({ items }) => due(items).length === 0}
        empty={
          <Card pad={false}>
            <Empty icon="clock" compact title={t('home:due.none')}>
              {t('home:due.noneHint')}
            </Empty>
          </Card>
        }
      >
        {({ items }) => (
          <CardList>
            {due(items)
              .slice(0, narrow ? 2 : 4)
              .map((exam) => (
                <DueExam key={exam.id} exam={exam} />
              ))}
          </CardList>
        )}
      </StateView>
    </Section>
  );
}

function over(exam: MyExam): boolean {
  const state = exam.attempt?.state;
  return (
    state !== undefined &&
    state !== 'ready' &&
    state !== 'in_progress' &&
    exam.attempts_used >= exam.attempts_allowed
  );
}

function turnAt(exam: MyExam): string {
  if (exam.attempt?.state === 'in_progress' && exam.attempt.due_at) return exam.attempt.due_at;
  return exam.phase === 'upcoming' ? exam.opens_at : exam.closes_at;
}

function due(items: MyExam[]): MyExam[] {
  return sorted(
    items.filter((exam) => exam.phase !== 'closed' && !over(exam) && !exam.attempt?.passed),
    (a, b) => Date.parse(turnAt(a)) - Date.parse(turnAt(b)),
  );
}

function DueExam({ exam }: { exam: MyExam }) {
  const t = useT('home', 'common');
  const now = serverNow();
  const when = dueText(turnAt(exam), now);
  const running = exam.attempt?.state === 'in_progress';
  const next = running
    ? t('home:due.running', { when: momentText(turnAt(exam), now) })
    : exam.phase === 'upcoming'
      ? t('home:due.opens', { when: momentText(exam.opens_at, now) })
      : t('home:due.closes', { when: momentText(exam.closes_at, now) });
  return (
    <CardItem
      to={running && exam.attempt ? paths.attempt(exam.attempt.id) : paths.exam(exam.id)}
      title={exam.title}
      detail={<span className={styles.line}>{next}</span>}
      side={<Tag tone={tones[when.tone]}>{running ? t('home:due.now') : when.text}</Tag>}
    />
  );
}
