import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { Dotted } from '@/components/ui/dotted';
import { Button, ButtonLink } from '@/components/ui/button';
import { useTitle } from '@/components/ui/page-header';
import { Empty, ErrorState, Notice, Skeleton, SkeletonLines } from '@/components/ui/state-view';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { isProblem } from '@/lib/problem';
import { useT, type Say } from '@/lib/t';
import { playTime } from '@/lib/time';
import { outlineQuery, playQuery } from './api/play';
import { Outline } from './components/outline';
import { MissedCheck, PresencePanel } from './components/presence-panel';
import { RecordCard } from './components/record-card';
import type { Play } from './engine/play';
import type { CourseOutline, PlayOpened } from './model';
import { listed, nextLesson } from './outline';
import { usePlay, usePresence, usePresenceState, useSnapshot } from './use-play';
import styles from './lesson-page.module.css';

const PlayerStage = lazy(() => import('./components/player-stage'));

/** /lessons/$id: watch a lesson, see what counts, go on to the next. */
export default function LessonPage({ id }: { id: string }) {
  const t = useT('course-player', 'common');
  const query = useQuery(playQuery(id));
  const again = () => void query.refetch();
  if (query.data)
    return <Opened key={id} opened={query.data} onReopen={again} reopening={query.isFetching} />;
  if (query.isError && isProblem(query.error, 'learning.lesson_not_ready')) {
    return (
      <Empty
        icon="clock"
        title={t('course-player:notReady.title')}
        action={<Button onClick={again}>{t('course-player:notReady.retry')}</Button>}
      >
        {t('course-player:notReady.text')}
      </Empty>
    );
  }
  if (query.isError) return <ErrorState error={query.error} onRetry={again} />;
  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <div className={styles.dark} />
        <SkeletonLines lines={4} />
      </div>
    </div>
  );
}

interface OpenedProps {
  opened: PlayOpened;
  onReopen: () => void;
  reopening: boolean;
}

function Opened({ opened, onReopen, reopening }: OpenedProps) {
  const play = usePlay(opened);
  // A play opened again goes on where the picture stood, not where the server last heard of it.
  const [held, setHeld] = useState<{ after: string; at: number }>();
  useTitle(opened.lesson.title);
  const outline = useQuery(outlineQuery(opened.lesson.course_id));
  if (!play) return <div className={styles.dark} />;
  const current = play.opened;
  return (
    <Watching
      key={current.id}
      play={play}
      reopened={held !== undefined && held.after !== current.id}
      from={held && held.after !== current.id ? held.at : current.resume_ms}
      outline={outline.data}
      onReopen={(at) => {
        setHeld({ after: current.id, at });
        onReopen();
      }}
      reopening={reopening}
    />
  );
}

interface WatchingProps {
  play: Play;
  /** The learner has just asked to go on here. */
  reopened: boolean;
  /** Where to begin, in ms; read once. */
  from: number;
  outline: CourseOutline | undefined;
  onReopen: (atMs: number) => void;
  reopening: boolean;
}

const SAY_MS = 8_000;

function Watching({ play, reopened, from, outline, onReopen, reopening }: WatchingProps) {
  const t = useT('course-player', 'common');
  const { opened } = play;
  const [startMs] = useState(from);
  const snapshot = useSnapshot(play);
  const video = useRef<HTMLVideoElement>(null);
  const [said, say] = useSaying();
  const { phase } = snapshot;
  const presence = usePresence(play);
  const check = usePresenceState(presence).phase;
  const playsOn = opened.presence?.on_miss === 'continue';
  const next = nextLesson(outline, opened.lesson.id);
  const here = () => Math.round((video.current?.currentTime ?? 0) * 1_000) || startMs;

  useEffect(() => {
    if (phase !== 'open') video.current?.pause();
  }, [phase]);

  useEffect(() => {
    if (reopened) presence.begin();
  }, [presence, reopened]);
  const was = useRef(check);
  useEffect(() => {
    const before = was.current;
    was.current = check;
    if (check === before) return;
    if (check === 'idle' || (check === 'missed' && playsOn)) void video.current?.play().catch(() => {});
    else holdPicture(video.current);
  }, [check, playsOn]);

  function seek(ms: number) {
    const element = video.current;
    if (!element) return;
    element.currentTime = ms / 1_000;
    void element.play().catch(() => {});
    element.scrollIntoView({ block: 'nearest' });
  }
  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <Suspense fallback={<div className={styles.dark} />}>
          <PlayerStage
            play={play}
            video={video}
            startMs={startMs}
            cover={
              phase !== 'open' ? (
                <Stopped play={play} busy={reopening} onReopen={() => onReopen(here())} />
              ) : check === 'missed' && !playsOn ? (
                <MissedCheck busy={reopening} onReopen={() => onReopen(here())} />
              ) : check === 'idle' || check === 'missed' ? undefined : (
                <PresencePanel presence={presence} />
              )
            }
            onSkipRefused={(back) => say(t('course-player:noSkip', { at: playTime(back) }))}
            onRateRefused={(limit) => say(t('course-player:noFaster', { limit }))}
          />
        </Suspense>
        {phase === 'open' && check === 'missed' && playsOn && (
          <Notice tone="warn" icon="alert" role="alert">
            <MissedCheck inline busy={reopening} onReopen={() => onReopen(here())} />
          </Notice>
        )}
        {said !== '' && (
          <Notice icon="alert" role="status">
            <span data-testid="player-note">{said}</span>
          </Notice>
        )}
        <div className={styles.text}>
          <h1>{opened.lesson.title}</h1>
          <p className="s">
            <Dotted parts={placeParts(opened, outline, t)} />
          </p>
        </div>
        <RecordCard play={play} next={next} onSeek={seek} />
        {next && !snapshot.completed_now && (
          <div className={styles.next}>
            <span className="s grow ellipsis">{t('course-player:nextTitle', { title: next.title })}</span>
            <ButtonLink to={paths.lesson(next.id)} small>
              {t('course-player:next')}
            </ButtonLink>
          </div>
        )}
        <p className={`xs ${styles.keys}`}>{t('course-player:keys')}</p>
      </div>
      <aside className={styles.side}>
        {outline ? (
          <Outline
            outline={outline}
            lessonId={opened.lesson.id}
            completed={snapshot.completed_at !== undefined}
          />
        ) : (
          <Skeleton height="12rem" />
        )}
      </aside>
    </div>
  );
}

/** Stops the picture and brings the page back where a question could not be seen. */
function holdPicture(video: HTMLVideoElement | null): void {
  video?.pause();
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
  if (document.pictureInPictureElement) void document.exitPictureInPicture().catch(() => {});
  const phone = video as (HTMLVideoElement & { webkitExitFullscreen?: () => void }) | null;
  phone?.webkitExitFullscreen?.();
}

/** Why this play no longer counts, and how to go on here. */
function Stopped({ play, busy, onReopen }: { play: Play; busy: boolean; onReopen: () => void }): ReactNode {
  const t = useT('course-player');
  const { phase, reason } = useSnapshot(play);
  const kind = phase === 'superseded' ? 'elsewhere' : reason === 'learning.old_version' ? 'replaced' : 'lost';
  return (
    <div role="alert" className={styles.stopped} data-testid="play-stopped" data-kind={kind}>
      <b>{t(`course-player:stopped.${kind}.title`)}</b>
      <p>{t(`course-player:stopped.${kind}.text`)}</p>
      <Button kind="primary" busy={busy} onClick={onReopen} data-testid="continue-here">
        {t('course-player:stopped.continue')}
      </Button>
    </div>
  );
}

/** A sentence that stands for a few seconds. */
function useSaying(): [string, (text: string) => void] {
  const [said, setSaid] = useState('');
  const timer = useRef<number>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [
    said,
    (text) => {
      clearTimeout(timer.current);
      setSaid(text);
      timer.current = window.setTimeout(() => setSaid(''), SAY_MS);
    },
  ];
}

function placeParts(opened: PlayOpened, outline: CourseOutline | undefined, t: Say) {
  const place = outline && listed(outline).find(({ lesson }) => lesson.id === opened.lesson.id);
  const hours = opened.lesson.hours_centi;
  return [
    opened.lesson.course_title,
    place && t('course-player:place', { chapter: place.chapter, lesson: place.number }),
    outline?.course.teacher_name,
    hours > 0 && t('common:hours', { hours: formatHours(hours) }),
    outline?.course.required !== undefined &&
      t(outline.course.required ? 'common:required' : 'common:elective'),
  ];
}
