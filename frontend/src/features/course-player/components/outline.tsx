import { AppLink } from '@/components/ui/app-link';
import { Bar } from '@/components/ui/bar';
import { Card } from '@/components/ui/card';
import { Tag } from '@/components/ui/tag';
import { paths } from '@/lib/paths';
import { useT, type Say } from '@/lib/t';
import { playTime } from '@/lib/time';
import type { CourseOutline, OutlineLesson } from '../model';
import { listed, type ListedLesson } from '../outline';
import styles from './outline.module.css';

interface OutlineProps {
  outline: CourseOutline;
  lessonId: string;
  /** The open lesson's state is known better here than in the loaded outline. */
  completed: boolean;
}

/** The lessons of the course, beside or below the picture. */
export function Outline({ outline, lessonId, completed }: OutlineProps) {
  const t = useT('course-player');
  const lessons = listed(outline);
  const isDone = (lesson: OutlineLesson) =>
    Boolean(lesson.progress?.completed_at) || (lesson.id === lessonId && completed);
  const done = lessons.filter(({ lesson }) => isDone(lesson)).length;
  return (
    <Card pad={false} className={styles.card}>
      <div className={styles.head}>
        <h2>
          <AppLink to={paths.course(outline.course.id)}>{t('course-player:outline.title')}</AppLink>
        </h2>
        <p className="s">{t('course-player:outline.count', { count: lessons.length, done })}</p>
        <Bar value={done} max={lessons.length} tone="ok" label={t('course-player:outline.bar')} />
      </div>
      <ol className={styles.list} data-testid="outline">
        {lessons.map((entry) => (
          <li key={entry.lesson.id}>
            {entry.first && <div className={`xs ${styles.chapter}`}>{chapterText(entry, t)}</div>}
            <AppLink
              to={paths.lesson(entry.lesson.id)}
              className={`${styles.lesson} ${entry.lesson.id === lessonId ? styles.on : ''}`}
              aria-current={entry.lesson.id === lessonId ? 'page' : undefined}
            >
              <span className="grow">
                <span className={styles.name}>
                  {entry.chapter}.{entry.number} {entry.lesson.title}
                </span>
                {entry.lesson.duration_ms > 0 && (
                  <span className="xs num">{playTime(entry.lesson.duration_ms)}</span>
                )}
              </span>
              <State
                lesson={entry.lesson}
                current={entry.lesson.id === lessonId}
                done={isDone(entry.lesson)}
                t={t}
              />
            </AppLink>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function chapterText({ chapter, chapterTitle }: ListedLesson, t: Say): string {
  return t('course-player:outline.chapter', { number: chapter, title: chapterTitle });
}

function State({
  lesson,
  current,
  done,
  t,
}: {
  lesson: OutlineLesson;
  current: boolean;
  done: boolean;
  t: Say;
}) {
  if (done) return <Tag tone="ok">{t('course-player:state.done')}</Tag>;
  if (current) return <Tag tone="accent">{t('course-player:state.current')}</Tag>;
  if (lesson.playable === false) return <Tag>{t('course-player:state.notReady')}</Tag>;
  const share = lesson.progress?.percent ?? 0;
  return (
    <Tag>
      {share > 0 ? t('course-player:state.begun', { percent: share }) : t('course-player:state.open')}
    </Tag>
  );
}
