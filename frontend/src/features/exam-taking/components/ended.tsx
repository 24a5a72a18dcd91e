import { useState, type ReactNode } from 'react';
import { Button, ButtonLink } from '@/components/ui/button';
import { Icon, type IconName } from '@/components/ui/icon';
import { FormProblem } from '@/components/ui/form-problem';
import { Notice } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { useOnline } from '@/lib/online';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { clockSeconds, stamp } from '@/lib/time';
import { takeOver, type LoadedAttempt } from '../api/attempt';
import type { SittingSnapshot } from '../engine/state';
import styles from './ended.module.css';

interface ScreenProps {
  icon: IconName;
  tone?: 'plain' | 'ok';
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  testid: string;
}

function Screen({ icon, tone = 'plain', title, children, actions, testid }: ScreenProps) {
  return (
    <main className={styles.screen} data-testid={testid}>
      <div className={styles.inner}>
        <span className={`${styles.mark} ${tone === 'ok' ? styles.ok : ''}`}>
          <Icon name={icon} size={28} />
        </span>
        <h1>{title}</h1>
        {children}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
    </main>
  );
}

/** The time is over and what is left is on its way. */
export function TimeUp({ snapshot, onRetry }: { snapshot: SittingSnapshot; onRetry: () => void }) {
  const t = useT('exam-taking');
  const cut = !useOnline() || snapshot.connection !== 'ok';
  const { pending } = snapshot;
  return (
    <Screen
      icon="clock"
      title={t('exam-taking:timeUp.title')}
      testid="time-up"
      actions={cut && <Button onClick={onRetry}>{t('exam-taking:banner.retry')}</Button>}
    >
      <div role="status" className="stack">
        {cut ? (
          <>
            <p>{t('exam-taking:timeUp.cut')}</p>
            {pending > 0 && (
              <Notice tone="warn" icon="offline">
                {t('exam-taking:timeUp.pending', { count: pending })}
              </Notice>
            )}
          </>
        ) : (
          <p>{t('exam-taking:timeUp.sending')}</p>
        )}
      </div>
    </Screen>
  );
}

interface SubmittedProps {
  attemptId: string;
  snapshot: SittingSnapshot;
  answered: number;
  count: number;
}

/** The server has closed the attempt: when, by whom, and the receipt to quote. */
export function Submitted({ attemptId, snapshot, answered, count }: SubmittedProps) {
  const t = useT('exam-taking');
  const { end, pending, sealed } = snapshot;
  return (
    <Screen
      icon="check"
      tone="ok"
      title={t(`exam-taking:submitted.title.${end?.by ?? 'self'}`)}
      testid="submitted"
      actions={
        <>
          <ButtonLink to={paths.exams()}>{t('exam-taking:submitted.back')}</ButtonLink>
          <ButtonLink to={paths.attemptReview(attemptId)} kind="primary">
            {t('exam-taking:submitted.result')}
          </ButtonLink>
        </>
      }
    >
      <p>
        {t(`exam-taking:submitted.text.${count > 0 ? (end?.by ?? 'self') : 'elsewhere'}`, {
          done: answered,
          all: count,
        })}
      </p>
      <dl className={styles.facts}>
        {end?.submitted_at && (
          <div>
            <dt>{t('exam-taking:submitted.at')}</dt>
            <dd className="num">
              {stamp(end.submitted_at)}:{clockSeconds(end.submitted_at).slice(-2)}
            </dd>
          </div>
        )}
        {end?.receipt && <Receipt code={end.receipt} />}
      </dl>
      {pending > 0 && (
        <Notice tone="warn" icon="alert">
          {t('exam-taking:submitted.pending', { count: pending })}
        </Notice>
      )}
      {sealed > 0 && (
        <Notice tone="warn" icon="alert">
          <span data-testid="sealed">{t('exam-taking:submitted.sealed', { count: sealed })}</span>
        </Notice>
      )}
    </Screen>
  );
}

function Receipt({ code }: { code: string }) {
  const t = useT('exam-taking');
  const copy = () =>
    void navigator.clipboard?.writeText(code).then(
      () => toast(t('exam-taking:submitted.copied')),
      () => {},
    );
  return (
    <div className={styles.code}>
      <dt>{t('exam-taking:submitted.receipt')}</dt>
      <dd className={styles.receipt}>
        <code data-testid="receipt">{code}</code>
        {'clipboard' in navigator && (
          <Button small kind="quiet" onClick={copy}>
            {t('exam-taking:submitted.copy')}
          </Button>
        )}
      </dd>
    </div>
  );
}

interface HeldElsewhereProps {
  attemptId: string;
  at?: string | undefined;
  /** Answers of this device that are not on the server. */
  pending: number;
  onTaken: (loaded: LoadedAttempt) => void;
}

/** Another device writes; taking over is a decision, not an accident. */
export function HeldElsewhere({ attemptId, at, pending, onTaken }: HeldElsewhereProps) {
  const t = useT('exam-taking');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  async function take() {
    setBusy(true);
    setError(undefined);
    try {
      onTaken(await takeOver(attemptId));
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }
  return (
    <Screen
      icon="device"
      title={t('exam-taking:held.title')}
      testid="held-elsewhere"
      actions={
        <>
          <ButtonLink to={paths.exams()}>{t('exam-taking:held.leave')}</ButtonLink>
          <Button kind="primary" busy={busy} onClick={() => void take()} data-testid="take-over">
            {t('exam-taking:held.take')}
          </Button>
        </>
      }
    >
      <p>{at ? t('exam-taking:held.since', { at: clockSeconds(at) }) : t('exam-taking:held.now')}</p>
      <p className="s">{t('exam-taking:held.rule')}</p>
      {pending > 0 && (
        <Notice tone="warn" icon="offline">
          {t('exam-taking:held.pending', { count: pending })}
        </Notice>
      )}
      <FormProblem error={error} />
    </Screen>
  );
}
