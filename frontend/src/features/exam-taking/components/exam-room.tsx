import { useCallback, useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Dialog } from '@/components/ui/dialog';
import { useTitle } from '@/components/ui/page-header';
import { useT } from '@/lib/t';
import type { LoadedAttempt } from '../api/attempt';
import type { Sitting } from '../engine/sitting';
import { optionOfKey, sheet, toggled, type SheetEntry } from '../sheet';
import { useFlags, useLayout } from '../use-flags';
import { useLeaveGuard, useSnapshot } from '../use-sitting';
import { AnswerCard } from './answer-card';
import { ConnectionBanner } from './connection-banner';
import { HeldElsewhere, Submitted, TimeUp } from './ended';
import { ExamTop } from './exam-top';
import { QuestionView } from './question-view';
import { SubmitDialog } from './submit-dialog';
import { useExamKeys } from './use-exam-keys';
import styles from './exam-room.module.css';

interface ExamRoomProps {
  loaded: LoadedAttempt;
  sitting: Sitting;
  onTaken: (loaded: LoadedAttempt) => void;
}

/** The sitting itself, or what has become of it. */
export function ExamRoom({ loaded: { attempt }, sitting, onTaken }: ExamRoomProps) {
  const snapshot = useSnapshot(sitting);
  useTitle(attempt.title);
  useLeaveGuard(snapshot.pending > 0 && snapshot.phase !== 'submitted');
  const [flags, toggleFlag] = useFlags(attempt.id);
  const entries = sheet(attempt.items, snapshot.answers, flags);
  const answered = entries.filter((entry) => entry.answered && entry.view?.status === 'saved').length;

  if (snapshot.phase === 'submitted') {
    return (
      <Submitted attemptId={attempt.id} snapshot={snapshot} answered={answered} count={entries.length} />
    );
  }
  if (snapshot.phase === 'taken_over') {
    return (
      <HeldElsewhere
        attemptId={attempt.id}
        at={snapshot.takenOverAt}
        pending={snapshot.pending}
        onTaken={onTaken}
      />
    );
  }
  if (snapshot.phase === 'time_up') {
    return <TimeUp snapshot={snapshot} onRetry={() => void sitting.resync()} />;
  }
  return <Paper attempt={attempt} sitting={sitting} entries={entries} onFlag={toggleFlag} />;
}

interface PaperProps {
  attempt: LoadedAttempt['attempt'];
  sitting: Sitting;
  entries: SheetEntry[];
  onFlag: (item: string) => void;
}

function Paper({ attempt, sitting, entries, onFlag }: PaperProps) {
  const t = useT('exam-taking');
  const snapshot = useSnapshot(sitting);
  const [layout, setLayout] = useLayout();
  const [current, setCurrent] = useState(1);
  const [card, setCard] = useState(false);
  const [submitting, setSubmitting] = useState(false);
  const locked = snapshot.phase !== 'answering';
  const entry = entries[current - 1] ?? entries[0];
  const all = layout === 'all';

  const go = useCallback(
    (number: number) => {
      setCard(false);
      setSubmitting(false);
      sitting.cancelSubmit();
      setCurrent(Math.min(Math.max(1, number), attempt.items.length));
      const question = document.getElementById(`question-${number}`);
      if (all) question?.scrollIntoView({ block: 'start', behavior: 'smooth' });
      else scrollTo({ top: 0 });
    },
    [all, attempt.items.length, sitting],
  );
  const answer = (one: SheetEntry, optionId: string) => {
    setCurrent(one.number);
    sitting.answer(one.item.id, toggled(one.item, one.value, optionId));
  };
  const askSubmit = () => {
    setCard(false);
    setSubmitting(true);
  };
  useExamKeys(!locked && !card && !submitting, {
    option: (key) => {
      const option = entry && optionOfKey(entry.item, key);
      if (entry && option) answer(entry, option);
    },
    step: (by) => go(current + by),
    flag: () => entry && onFlag(entry.item.id),
  });
  useCurrentInView(all, setCurrent);

  const question = (one: SheetEntry, inList: boolean) => (
    <QuestionView
      key={one.item.id}
      entry={one}
      count={entries.length}
      connection={snapshot.connection}
      locked={locked}
      inList={inList}
      onToggle={(option) => answer(one, option)}
      onClear={() => sitting.answer(one.item.id, [])}
      onFlag={() => onFlag(one.item.id)}
    />
  );
  const answerCard = (
    <AnswerCard entries={entries} current={current} layout={layout} onLayout={setLayout} onGo={go} />
  );
  const lengthMs = snapshot.dueAt - Date.parse(attempt.started_at ?? attempt.server_now);
  return (
    <div className={styles.room}>
      <ExamTop title={attempt.title} sitting={sitting} lengthMs={lengthMs} />
      <ConnectionBanner snapshot={snapshot} onRetry={() => void sitting.resync()} />
      <div className={styles.columns}>
        <main className={styles.paper} id="main">
          {all ? (
            <div className={styles.list}>{entries.map((one) => question(one, true))}</div>
          ) : (
            entry && question(entry, false)
          )}
        </main>
        <aside className={styles.side} aria-label={t('exam-taking:card.title')}>
          <Card className={styles.panel}>
            <h2>{t('exam-taking:card.title')}</h2>
            {answerCard}
            <p className={`xs ${styles.keys}`}>{t('exam-taking:keys')}</p>
          </Card>
        </aside>
      </div>
      <footer className={styles.foot}>
        <div className={styles.buttons}>
          {!all && (
            <>
              <Button onClick={() => go(current - 1)} disabled={current === 1} data-testid="previous">
                {t('exam-taking:previous')}
              </Button>
              <Button
                aria-pressed={entry?.flagged ?? false}
                className={entry?.flagged ? styles.marked : ''}
                onClick={() => entry && onFlag(entry.item.id)}
                data-testid="flag"
              >
                {entry?.flagged ? t('exam-taking:unflag') : t('exam-taking:flag')}
              </Button>
            </>
          )}
          <Button onClick={() => setCard(true)} className={styles.phone} data-testid="open-card">
            {t('exam-taking:card.title')}
          </Button>
          {all || current === entries.length ? (
            <Button kind="primary" onClick={askSubmit} data-testid="submit">
              {t('exam-taking:submit.verb')}
            </Button>
          ) : (
            <>
              <Button kind="primary" onClick={() => go(current + 1)} data-testid="next">
                {t('exam-taking:next')}
              </Button>
              <Button onClick={askSubmit} className={styles.desk} data-testid="submit-desk">
                {t('exam-taking:submit.verb')}
              </Button>
            </>
          )}
        </div>
      </footer>
      <Dialog
        open={card}
        title={t('exam-taking:card.title')}
        onClose={() => setCard(false)}
        footer={
          <Button kind="primary" onClick={askSubmit} data-testid="submit-card">
            {t('exam-taking:submit.verb')}
          </Button>
        }
      >
        {answerCard}
      </Dialog>
      <SubmitDialog
        open={submitting}
        entries={entries}
        snapshot={snapshot}
        sitting={sitting}
        onGo={go}
        onClose={() => setSubmitting(false)}
      />
    </div>
  );
}

/** On the long page the question in the middle of the window is the current one. */
function useCurrentInView(active: boolean, onCurrent: (number: number) => void): void {
  useEffect(() => {
    if (!active || !('IntersectionObserver' in globalThis)) return undefined;
    const seeing = new IntersectionObserver(
      (seen) => {
        const number = Number(seen.find((one) => one.isIntersecting)?.target.id.replace('question-', ''));
        if (number > 0) onCurrent(number);
      },
      { rootMargin: '-40% 0px -50% 0px' },
    );
    document.querySelectorAll('[data-testid=question]').forEach((question) => seeing.observe(question));
    return () => seeing.disconnect();
  }, [active, onCurrent]);
}
