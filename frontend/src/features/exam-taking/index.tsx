import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ButtonLink } from '@/components/ui/button';
import { Empty, ErrorState, Notice, SkeletonLines } from '@/components/ui/state-view';
import { paths } from '@/lib/paths';
import { isNetwork } from '@/lib/problem';
import { useT } from '@/lib/t';
import { attemptQuery, type LoadedAttempt } from './api/attempt';
import { HeldElsewhere } from './components/ended';
import { ExamRoom } from './components/exam-room';
import { useSitting } from './use-sitting';
import styles from './attempt-page.module.css';

const RETRY_MS = 3_000;

/** /attempts/$id: the exam on the whole screen. Its address alone is enough to go on after a reload. */
export default function AttemptPage({ id }: { id: string }) {
  const t = useT('exam-taking');
  const query = useQuery(attemptQuery(id));
  const [taken, setTaken] = useState<LoadedAttempt>();
  const loaded = taken ?? query.data;
  const { refetch } = query;
  const cut = !loaded && query.isError && isNetwork(query.error);

  // Without the paper there is nothing to show; ask until the network lets it through.
  useEffect(() => {
    if (!cut) return undefined;
    const again = setInterval(() => void refetch(), RETRY_MS);
    return () => clearInterval(again);
  }, [cut, refetch]);

  if (!loaded) {
    return (
      <main className={styles.waiting}>
        {query.isError ? (
          <>
            {cut && (
              <Notice tone="warn" icon="offline" role="status">
                {t('exam-taking:open.cut')}
              </Notice>
            )}
            <ErrorState error={query.error} onRetry={() => void refetch()} />
            {!cut && <ButtonLink to={paths.exams()}>{t('exam-taking:submitted.back')}</ButtonLink>}
          </>
        ) : (
          <SkeletonLines lines={8} />
        )}
      </main>
    );
  }
  if (loaded.attempt.held_elsewhere && loaded.attempt.state === 'in_progress') {
    return <HeldElsewhere attemptId={id} pending={0} onTaken={setTaken} />;
  }
  if (loaded.attempt.state === 'ready') return <Navigate to={paths.exam(loaded.attempt.exam_id)} replace />;
  if (loaded.attempt.state === 'voided') {
    return (
      <main className={styles.waiting}>
        <Empty
          icon="alert"
          title={t('exam-taking:open.voided')}
          action={<ButtonLink to={paths.exams()}>{t('exam-taking:submitted.back')}</ButtonLink>}
        >
          {t('exam-taking:open.voidedText')}
        </Empty>
      </main>
    );
  }
  return <Room key={`${id}-${loaded.attempt.epoch}`} loaded={loaded} onTaken={setTaken} />;
}

function Room({ loaded, onTaken }: { loaded: LoadedAttempt; onTaken: (loaded: LoadedAttempt) => void }) {
  const sitting = useSitting(loaded);
  if (!sitting) {
    return (
      <main className={styles.waiting}>
        <SkeletonLines lines={8} />
      </main>
    );
  }
  return <ExamRoom loaded={loaded} sitting={sitting} onTaken={onTaken} />;
}
