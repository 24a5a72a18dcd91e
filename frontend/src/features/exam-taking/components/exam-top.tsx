import { Bar } from '@/components/ui/bar';
import { useT, type Say } from '@/lib/t';
import type { Sitting } from '../engine/sitting';
import { useSecondsLeft } from '../use-sitting';
import styles from './exam-top.module.css';

interface ExamTopProps {
  title: string;
  sitting: Sitting;
  /** The whole length in ms, for the bar. */
  lengthMs: number;
}

const LAST_MINUTES = 5 * 60;
const SPOKEN = [600, 300, 60];

/** Title, time left and how much of the time is gone; stays in sight. */
export function ExamTop({ title, sitting, lengthMs }: ExamTopProps) {
  const t = useT('exam-taking');
  const seconds = useSecondsLeft(sitting);
  const gone = Math.max(0, lengthMs - seconds * 1_000);
  return (
    <header className={styles.top}>
      <div className={styles.inner}>
        <div className="row between">
          <h1 className={`s ellipsis ${styles.title}`}>{title}</h1>
          <b
            className={`num ${styles.time} ${seconds <= LAST_MINUTES ? styles.last : ''}`}
            role="timer"
            aria-label={t('exam-taking:timer.label', { time: spokenTime(seconds, t) })}
            data-testid="timer"
            data-seconds={seconds}
          >
            {digits(seconds)}
          </b>
        </div>
        <Bar value={gone} max={lengthMs} label={t('exam-taking:timer.bar')} />
      </div>
      <Announcement seconds={seconds} t={t} />
    </header>
  );
}

/** Tells a screen reader at ten, five and one minute, and is silent in between. */
function Announcement({ seconds, t }: { seconds: number; t: Say }) {
  const due = SPOKEN.find((mark) => seconds <= mark && seconds > mark - 5);
  return (
    <span className="visually-hidden" role="status">
      {due !== undefined && t('exam-taking:timer.left', { minutes: due / 60 })}
    </span>
  );
}

/** 2292 → "38:12", 4000 → "1:06:40". */
export function digits(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor((seconds % 3_600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

export function spokenTime(seconds: number, t: Say): string {
  return t('exam-taking:timer.spoken', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}
