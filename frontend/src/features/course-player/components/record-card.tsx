import { Button, ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Icon } from '@/components/ui/icon';
import { Notice } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { formatHours, percent } from '@/lib/hours';
import { language } from '@/lib/language';
import { paths } from '@/lib/paths';
import { sorted } from '@/lib/sorted';
import { useT, type Say } from '@/lib/t';
import { playTime } from '@/lib/time';
import type { Play, PlaySnapshot } from '../engine/play';
import { holes, total } from '../engine/ranges';
import type { NotCounted, OutlineLesson, PlayOpened, Range } from '../model';
import { useSnapshot } from '../use-play';
import styles from './record-card.module.css';

interface RecordCardProps {
  play: Play;
  next: OutlineLesson | undefined;
  onSeek: (ms: number) => void;
}

/** Shorter gaps are rounding, not something to explain. */
const WORTH_SAYING_MS = 1_000;
const SHOWN = 3;
const SKIPPED = 'skipped';

/** What counts of this lesson, what does not and why, and when it earns its hours. */
export function RecordCard({ play, next, onSeek }: RecordCardProps) {
  const t = useT('course-player');
  const snapshot = useSnapshot(play);
  const { opened } = play;
  const duration = opened.media.duration_ms;
  const done = snapshot.completed_at !== undefined;
  const refused = snapshot.not_counted.filter((part) => part.to_ms - part.from_ms >= WORTH_SAYING_MS);
  const parts = sorted([...refused, ...(done ? [] : skipped(snapshot))], (a, b) => a.from_ms - b.from_ms);
  return (
    <Card className={styles.card}>
      <div className="row between wrap">
        <span className="row" style={{ gap: 8 }}>
          <h2>{t('course-player:record.title')}</h2>
          {done && <Tag tone="ok">{t('course-player:record.done')}</Tag>}
        </span>
        <span
          className="s"
          data-testid="coverage"
          data-credited={snapshot.credited_ms}
          data-percent={percent(snapshot.credited_ms, duration)}
          data-completed={done}
        >
          {ruleText(snapshot, opened, t)}
        </span>
      </div>
      <Coverage snapshot={snapshot} duration={duration} needed={done ? undefined : opened.needed_ms} t={t} />
      <ul className={styles.legend} aria-hidden="true">
        <li>
          <i className={styles.counted} />
          {t('course-player:record.counted')}
        </li>
        {snapshot.pending.length > 0 && (
          <li>
            <i className={styles.pending} />
            {t('course-player:record.pending')}
          </li>
        )}
        {refused.length > 0 && (
          <li>
            <i className={styles.refused} />
            {t('course-player:record.notCounted')}
          </li>
        )}
      </ul>
      <Connection snapshot={snapshot} t={t} />
      {parts.length > 0 && <NotCountedList parts={parts} onSeek={onSeek} t={t} />}
      {snapshot.completed_now && <Completed opened={opened} next={next} t={t} />}
      {!opened.allow_skip && !done && <p className="xs">{t('course-player:record.noSkip')}</p>}
    </Card>
  );
}

type Uncounted = Pick<NotCounted, 'from_ms' | 'to_ms' | 'messages'> & { reason: string };

/** The parts before the furthest one watched that were never played. */
function skipped({ coverage, pending, not_counted }: PlaySnapshot): Uncounted[] {
  const refused = not_counted.map((part): Range => [part.from_ms, part.to_ms]);
  return holes([...coverage, ...pending, ...refused])
    .filter(([from, to]) => to - from >= WORTH_SAYING_MS)
    .map(([from_ms, to_ms]) => ({ from_ms, to_ms, reason: SKIPPED }));
}

function ruleText(snapshot: PlaySnapshot, opened: PlayOpened, t: Say): string {
  const values = {
    counted: playTime(snapshot.credited_ms),
    all: playTime(opened.media.duration_ms),
    percent: opened.threshold_percent,
    hours: formatHours(opened.lesson.hours_centi),
  };
  if (opened.lesson.hours_centi === 0) return t('course-player:record.ruleNoHours', values);
  return t(snapshot.completed_at ? 'course-player:record.ruleDone' : 'course-player:record.rule', values);
}

interface CoverageProps {
  snapshot: PlaySnapshot;
  duration: number;
  /** Where the threshold would be if it were watched from the beginning; not drawn once it is reached. */
  needed: number | undefined;
  t: Say;
}

function Coverage({ snapshot, duration, needed, t }: CoverageProps) {
  const label = t('course-player:record.picture', {
    counted: playTime(snapshot.credited_ms),
    all: playTime(duration),
    parts: snapshot.coverage
      .map(([from, to]) => `${playTime(from)}–${playTime(to)}`)
      .join(t('course-player:comma')),
  });
  const refused = snapshot.not_counted.map((part): Range => [part.from_ms, part.to_ms]);
  const draw = (ranges: readonly Range[], className: string | undefined) =>
    ranges.map(([from, to]) => (
      <i
        key={`${className}${from}`}
        className={className}
        style={{ left: `${(from * 100) / duration}%`, width: `${((to - from) * 100) / duration}%` }}
      />
    ));
  return (
    <div className={styles.coverage} role="img" aria-label={label}>
      <div className={styles.track}>
        {duration > 0 && (
          <>
            {draw(refused, styles.refused)}
            {draw(snapshot.pending, styles.pending)}
            {draw(snapshot.coverage, styles.counted)}
          </>
        )}
      </div>
      {needed !== undefined && duration > 0 && (
        <span className={styles.threshold} style={{ left: `${(needed * 100) / duration}%` }} />
      )}
    </div>
  );
}

function Connection({ snapshot, t }: { snapshot: PlaySnapshot; t: Say }) {
  const waiting = playTime(total(snapshot.pending));
  if (snapshot.connection === 'ok') return null;
  return (
    <Notice tone="warn" icon="offline" role="status">
      <span data-testid="report-waiting">
        {snapshot.connection === 'signed_out'
          ? t('course-player:record.signedOut', { time: waiting })
          : t('course-player:record.offline', { time: waiting })}
        {snapshot.connection === 'signed_out' && (
          <>
            {' '}
            <a href={paths.signIn()} target="_blank" rel="noreferrer" className={styles.link}>
              {t('course-player:record.signIn')}
            </a>
          </>
        )}
      </span>
    </Notice>
  );
}

function NotCountedList({ parts, onSeek, t }: { parts: Uncounted[]; onSeek: (ms: number) => void; t: Say }) {
  const shown = parts.slice(0, SHOWN);
  return (
    <ul className={styles.reasons} data-testid="not-counted">
      {shown.map((part) => (
        <li key={`${part.reason}${part.from_ms}`} className="s">
          <span className="grow">
            <span className="num">
              {playTime(part.from_ms)}–{playTime(part.to_ms)}
            </span>{' '}
            {part.reason === SKIPPED
              ? t('course-player:record.skipped')
              : (part.messages?.[language()] ??
                part.messages?.['zh-CN'] ??
                t('course-player:record.reasonUnknown'))}
          </span>
          <Button small kind="quiet" onClick={() => onSeek(part.from_ms)}>
            {t(part.reason === SKIPPED ? 'course-player:record.watch' : 'course-player:record.again')}
          </Button>
        </li>
      ))}
      {parts.length > SHOWN && (
        <li className="xs">{t('course-player:record.more', { count: parts.length - SHOWN })}</li>
      )}
    </ul>
  );
}

function Completed({ opened, next, t }: { opened: PlayOpened; next: OutlineLesson | undefined; t: Say }) {
  const hours = opened.lesson.hours_centi;
  return (
    <div className={styles.completed} role="status" data-testid="completed">
      <Icon name="check" size={22} />
      <div className="grow">
        <b>{t('course-player:completed.title')}</b>
        <div className="s">
          {hours > 0
            ? t('course-player:completed.hours', { hours: formatHours(hours) })
            : t('course-player:completed.noHours')}
        </div>
      </div>
      {next && (
        <ButtonLink to={paths.lesson(next.id)} small>
          {t('course-player:next')}
        </ButtonLink>
      )}
    </div>
  );
}
