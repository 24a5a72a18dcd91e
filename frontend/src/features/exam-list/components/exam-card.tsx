import { Dotted } from '@/components/ui/dotted';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Tag, type Tone } from '@/components/ui/tag';
import { serverNow } from '@/lib/clock';
import type { MyExam } from '@/lib/data/exams';
import { formatHours, formatPoints } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { dueText, momentText, type Due } from '@/lib/time';
import styles from '../exam-list.module.css';

const tones: Record<Due['tone'], Tone> = { now: 'accent', past: 'plain', soon: 'warn', later: 'plain' };

/** One exam with its rules in two lines and the one thing to do next. */
export function ExamCard({ exam, heading: Heading }: { exam: MyExam; heading: 'h2' | 'h3' }) {
  const t = useT('exam-list', 'common');
  const now = serverNow();
  const rules = [
    t('common:minutes', { count: Math.round(exam.duration_s / 60) }),
    t('exam-list:questions', { count: exam.question_count }),
    t('exam-list:pass', { pass: formatPoints(exam.pass_mark_milli), total: formatPoints(exam.total_milli) }),
    exam.hours_centi ? t('exam-list:earns', { hours: formatHours(exam.hours_centi) }) : '',
  ];
  const window =
    exam.phase === 'upcoming'
      ? t('exam-list:opens', { when: momentText(exam.opens_at, now) })
      : exam.phase === 'open'
        ? t('exam-list:closes', { when: momentText(exam.closes_at, now) })
        : t('exam-list:closed', { when: momentText(exam.closes_at, now) });
  return (
    <Card className={styles.exam}>
      <div className={styles.head}>
        <Heading>{exam.title}</Heading>
        <State exam={exam} now={now} />
      </div>
      <div className={`${styles.facts} s`}>
        <span>{window}</span>
        <Dotted parts={rules} />
        {exam.attempts_allowed > 1 && (
          <span>{t('exam-list:attempts', { used: exam.attempts_used, all: exam.attempts_allowed })}</span>
        )}
      </div>
      <div className={styles.foot}>
        <Score exam={exam} />
        <Next exam={exam} />
      </div>
    </Card>
  );
}

function State({ exam, now }: { exam: MyExam; now: number }) {
  const t = useT('exam-list');
  const state = exam.attempt?.state;
  if (state === 'in_progress') return <Tag tone="accent">{t('exam-list:state.in_progress')}</Tag>;
  if (exam.attempt?.passed === true) return <Tag tone="ok">{t('exam-list:state.passed')}</Tag>;
  if (exam.attempt?.passed === false) return <Tag tone="warn">{t('exam-list:state.failed')}</Tag>;
  if (state === 'submitted' || state === 'marking') return <Tag>{t('exam-list:state.submitted')}</Tag>;
  if (state === 'graded') return <Tag>{t('exam-list:state.graded')}</Tag>;
  if (state === 'voided') return <Tag tone="warn">{t('exam-list:state.voided')}</Tag>;
  if (exam.phase === 'closed') return <Tag>{t('exam-list:state.missed')}</Tag>;
  const due = dueText(exam.phase === 'upcoming' ? exam.opens_at : exam.closes_at, now);
  return <Tag tone={tones[due.tone]}>{due.text}</Tag>;
}

function Score({ exam }: { exam: MyExam }) {
  const t = useT('exam-list');
  const score = exam.attempt?.score_milli;
  if (score === undefined || score === null) return null;
  return (
    <span>
      <b className={styles.score}>{formatPoints(score)}</b>
      <span className="s">
        {' '}
        {t('exam-list:outOf', { total: formatPoints(exam.attempt?.total_milli ?? exam.total_milli) })}
      </span>
    </span>
  );
}

function Next({ exam }: { exam: MyExam }) {
  const t = useT('exam-list');
  const { attempt, phase } = exam;
  if (attempt?.state === 'in_progress') {
    return (
      <ButtonLink kind="primary" to={paths.attempt(attempt.id)}>
        {t('exam-list:next.goOn')}
      </ButtonLink>
    );
  }
  const sat = attempt && attempt.state !== 'ready' && attempt.state !== 'voided';
  const again = phase === 'open' && exam.attempts_used < exam.attempts_allowed;
  return (
    <>
      {sat && <ButtonLink to={paths.attemptReview(attempt.id)}>{t('exam-list:next.review')}</ButtonLink>}
      {attempt?.state === 'voided' && (
        <ButtonLink to={paths.attemptReview(attempt.id)}>{t('exam-list:next.why')}</ButtonLink>
      )}
      {again && (
        <ButtonLink kind="primary" to={paths.exam(exam.id)}>
          {sat ? t('exam-list:next.again') : t('exam-list:next.start')}
        </ButtonLink>
      )}
      {phase === 'upcoming' && <ButtonLink to={paths.exam(exam.id)}>{t('exam-list:next.rules')}</ButtonLink>}
    </>
  );
}
