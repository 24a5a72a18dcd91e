import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { Button, ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { FormProblem } from '@/components/ui/form-problem';
import { PageHeader } from '@/components/ui/page-header';
import { Notice, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { formatHours, formatPoints } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT, type Say } from '@/lib/t';
import { endText, momentText } from '@/lib/time';
import { browserTimers } from '@/lib/timers';
import { attemptKeys, startExam } from './api/attempt';
import { myExamQuery, type LoadedExam } from './api/my-exam';
import { DeviceCheck } from './components/device-check';
import { digits } from './components/exam-top';
import { ServerClock } from './engine/server-clock';
import type { MyExam } from './model';
import styles from './exam-page.module.css';

/** /exams/$id: what to know before the exam, and the door to it. */
export default function ExamPage({ id }: { id: string }) {
  const query = useQuery(myExamQuery(id));
  return (
    <StateView query={query}>
      {(loaded) => <Entrance loaded={loaded} onOpened={() => void query.refetch()} />}
    </StateView>
  );
}

function Entrance({ loaded, onOpened }: { loaded: LoadedExam; onOpened: () => void }) {
  const { exam } = loaded;
  const t = useT('exam-taking');
  const untilOpen = useSecondsUntil(loaded, exam.opens_at);
  const opening = exam.phase === 'upcoming' && untilOpen === 0;
  useEffect(() => {
    if (opening) onOpened();
  }, [opening, onOpened]);
  return (
    <div className={styles.page}>
      <PageHeader title={exam.title} tags={<PhaseTag exam={exam} t={t} />} detail={windowText(exam, t)} />
      <Facts exam={exam} t={t} />
      <div className={styles.columns}>
        <Card className={styles.about}>
          {exam.description && <p className={styles.description}>{exam.description}</p>}
          <h2>{t('exam-taking:rules.title')}</h2>
          <ul className={styles.rules}>
            <li>{t('exam-taking:rules.clock', { minutes: Math.round(exam.duration_s / 60) })}</li>
            <li>{t('exam-taking:rules.save')}</li>
            <li>{t('exam-taking:rules.network')}</li>
            <li>{t('exam-taking:rules.end')}</li>
            <li>{t('exam-taking:rules.device')}</li>
            <li>{t('exam-taking:rules.leave')}</li>
          </ul>
        </Card>
        {exam.phase !== 'closed' && <DeviceCheck loaded={loaded} />}
        <Door exam={exam} untilOpen={untilOpen} t={t} />
      </div>
    </div>
  );
}

/** Seconds until a time of the server, by the server's clock; 0 when it has passed. */
function useSecondsUntil({ serverNow, sentAt, gotAt }: LoadedExam, at: string): number {
  const clock = useMemo(() => {
    const made = new ServerClock(browserTimers);
    made.sample(sentAt, gotAt, serverNow);
    return made;
  }, [serverNow, sentAt, gotAt]);
  const left = () => Math.max(0, Math.ceil(clock.until(Date.parse(at)) / 1_000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    const tick = () => setSeconds(Math.max(0, Math.ceil(clock.until(Date.parse(at)) / 1_000)));
    tick();
    const ticking = setInterval(tick, 250);
    return () => clearInterval(ticking);
  }, [clock, at]);
  return seconds;
}

function PhaseTag({ exam, t }: { exam: MyExam; t: Say }) {
  const tone = exam.phase === 'open' ? 'accent' : 'plain';
  return <Tag tone={tone}>{t(`exam-taking:phase.${exam.phase}`)}</Tag>;
}

function windowText(exam: MyExam, t: Say): string {
  return t('exam-taking:window', {
    from: momentText(exam.opens_at),
    to: endText(exam.opens_at, exam.closes_at),
  });
}

function Facts({ exam, t }: { exam: MyExam; t: Say }) {
  const left = Math.max(0, exam.attempts_allowed - exam.attempts_used);
  const facts: [string, string][] = [
    [
      t('exam-taking:facts.time'),
      t('exam-taking:facts.minutes', { count: Math.round(exam.duration_s / 60) }),
    ],
    [t('exam-taking:facts.questions'), t('exam-taking:facts.count', { count: exam.question_count })],
    [t('exam-taking:facts.total'), t('exam-taking:points', { points: formatPoints(exam.total_milli) })],
    [t('exam-taking:facts.pass'), t('exam-taking:points', { points: formatPoints(exam.pass_mark_milli) })],
    [
      t('exam-taking:facts.attempts'),
      t('exam-taking:facts.attemptsLeft', { left, all: exam.attempts_allowed }),
    ],
  ];
  if (exam.hours_centi) {
    facts.push([
      t('exam-taking:facts.hours'),
      t('exam-taking:facts.hoursValue', { hours: formatHours(exam.hours_centi) }),
    ]);
  }
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="s">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The one button of the page, as the exam stands now. */
function Door({ exam, untilOpen, t }: { exam: MyExam; untilOpen: number; t: Say }) {
  const soon = untilOpen <= 86_400; // a day away the clock begins to run
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { attempt } = exam;
  const under = attempt?.state === 'in_progress';
  const done = attempt && attempt.state !== 'in_progress' && attempt.state !== 'ready';
  const another = exam.attempts_used < exam.attempts_allowed;

  async function start() {
    setBusy(true);
    setError(undefined);
    try {
      const loaded = await startExam(exam.id);
      cache.setQueryData(attemptKeys.attempt(loaded.attempt.id), loaded);
      await navigate({ to: paths.attempt(loaded.attempt.id) });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }
  return (
    <Card className={styles.door}>
      {under && attempt && (
        <>
          <Notice tone="accent" icon="clock">
            {attempt.due_at
              ? t('exam-taking:door.underUntil', { at: momentText(attempt.due_at) })
              : t('exam-taking:door.under')}
          </Notice>
          <ButtonLink to={paths.attempt(attempt.id)} kind="primary" block>
            {t('exam-taking:door.resume')}
          </ButtonLink>
        </>
      )}
      {!under && done && attempt && (
        <ButtonLink
          to={paths.attemptReview(attempt.id)}
          kind={another && exam.phase === 'open' ? 'plain' : 'primary'}
          block
        >
          {t('exam-taking:door.result')}
        </ButtonLink>
      )}
      {!under && exam.phase === 'upcoming' && (
        <div
          role="timer"
          className={styles.opening}
          aria-label={t(soon ? 'exam-taking:door.opensIn' : 'exam-taking:door.opensAt')}
        >
          <span className="s">{t(soon ? 'exam-taking:door.opensIn' : 'exam-taking:door.opensAt')}</span>
          <b className="num" data-testid="opens-in">
            {soon ? digits(untilOpen) : momentText(exam.opens_at)}
          </b>
          <span className="xs">{t('exam-taking:door.opensByItself')}</span>
        </div>
      )}
      {!under && exam.phase === 'open' && another && (
        <>
          <Button kind="primary" block busy={busy} onClick={() => void start()} data-testid="start-exam">
            {done ? t('exam-taking:door.again') : t('exam-taking:door.start')}
          </Button>
          <p className="xs">{t('exam-taking:door.startsClock')}</p>
        </>
      )}
      {!under && exam.phase === 'open' && !another && !done && <p>{t('exam-taking:door.noneLeft')}</p>}
      {!under && exam.phase === 'closed' && !done && <p className="s">{t('exam-taking:door.closed')}</p>}
      <FormProblem error={error} />
    </Card>
  );
}
