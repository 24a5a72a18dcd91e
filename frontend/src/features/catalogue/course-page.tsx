import { useQuery } from '@tanstack/react-query';
import { Dotted } from '@/components/ui/dotted';
import { Bar } from '@/components/ui/bar';
import { ButtonLink } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, SkeletonLines, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { Thumb } from '@/components/ui/thumb';
import { courseQuery, type CatalogueDetail, type CatalogueLesson } from '@/lib/data/catalogue';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { playTime } from '@/lib/time';
import styles from './catalogue.module.css';

/** One course: what it is worth, its chapters and lessons, and where to go on. */
export default function CoursePage({ id }: { id: string }) {
  const query = useQuery(courseQuery(id));
  return (
    <StateView query={query} skeleton={<SkeletonLines lines={8} />}>
      {(detail) => <Course detail={detail} />}
    </StateView>
  );
}

function Course({ detail: { course, chapters } }: { detail: CatalogueDetail }) {
  const t = useT('catalogue', 'common');
  const lessons = chapters.flatMap((chapter) => chapter.lessons);
  const next = nextLesson(lessons);
  const about = [course.category, course.teacher_name].filter(Boolean);
  return (
    <>
      <PageHeader
        title={course.title}
        detail={about.length > 0 ? <Dotted parts={about} /> : undefined}
        tags={
          <Tag tone={course.required ? 'accent' : 'plain'}>
            {course.required ? t('common:required') : t('common:elective')}
          </Tag>
        }
        back={paths.courses()}
      />
      <div className={styles.layout}>
        <div className={styles.side}>
          <Thumb wide src={course.cover_url} />
          <Card className="stack">
            <div>
              <div className="row between s">
                <span>{t('catalogue:done', { done: course.done_count, all: course.lesson_count })}</span>
                <span className="num">{playTime(course.duration_ms)}</span>
              </div>
              <div style={{ marginTop: 6 }}>
                <Bar
                  value={course.done_count}
                  max={course.lesson_count}
                  tone="ok"
                  label={t('catalogue:done', { done: course.done_count, all: course.lesson_count })}
                />
              </div>
            </div>
            <dl>
              <dt>{t('catalogue:earned')}</dt>
              <dd className="num">
                {t('catalogue:hoursOf', {
                  done: formatHours(course.earned_centi),
                  all: formatHours(course.hours_centi),
                })}
              </dd>
            </dl>
            {next && (
              <ButtonLink kind="primary" block to={paths.lesson(next.id)}>
                {course.state === 'not_started'
                  ? t('catalogue:start')
                  : course.state === 'done'
                    ? t('catalogue:again')
                    : t('catalogue:goOn')}
              </ButtonLink>
            )}
          </Card>
          {course.summary && (
            <Card>
              <p className="s" style={{ whiteSpace: 'pre-line' }}>
                {course.summary}
              </p>
            </Card>
          )}
        </div>
        <div className={styles.chapters}>
          {lessons.length === 0 && (
            <Card pad={false}>
              <Empty title={t('catalogue:noLessons')}>{t('catalogue:noLessonsHint')}</Empty>
            </Card>
          )}
          {chapters
            .filter((chapter) => chapter.lessons.length > 0)
            .map((chapter, index) => (
              <Section
                key={chapter.id}
                title={t('catalogue:chapter', { number: index + 1, title: chapter.title })}
              >
                <CardList>
                  {chapter.lessons.map((lesson, at) => (
                    <LessonItem key={lesson.id} lesson={lesson} number={`${index + 1}.${at + 1}`} />
                  ))}
                </CardList>
              </Section>
            ))}
        </div>
      </div>
    </>
  );
}

function nextLesson(lessons: CatalogueLesson[]): CatalogueLesson | undefined {
  const playable = lessons.filter((lesson) => lesson.playable !== false);
  const open = playable.filter((lesson) => !lesson.progress.completed_at);
  return open.find((lesson) => lesson.progress.covered_ms > 0) ?? open[0] ?? playable[0];
}

function LessonItem({ lesson, number }: { lesson: CatalogueLesson; number: string }) {
  const t = useT('catalogue', 'common');
  const { covered_ms, percent, completed_at } = lesson.progress;
  const parts = [
    lesson.duration_ms > 0 && playTime(lesson.duration_ms),
    lesson.hours_centi > 0 && t('common:hours', { hours: formatHours(lesson.hours_centi) }),
    lesson.hours_centi > 0 &&
      !completed_at &&
      t('catalogue:threshold', { percent: lesson.threshold_percent }),
  ];
  const playable = lesson.playable !== false;
  return (
    <CardItem
      to={playable ? paths.lesson(lesson.id) : undefined}
      title={`${number} ${lesson.title}`}
      detail={<Dotted parts={parts} />}
      side={
        !playable ? (
          <Tag>{t('catalogue:notReady')}</Tag>
        ) : completed_at ? (
          <Tag tone="ok">{t('catalogue:lesson.done')}</Tag>
        ) : covered_ms > 0 ? (
          <Tag tone="accent">{t('catalogue:lesson.watched', { percent })}</Tag>
        ) : (
          <Tag>{t('catalogue:lesson.open')}</Tag>
        )
      }
    />
  );
}
