import { Dotted } from '@/components/ui/dotted';
import { AppLink } from '@/components/ui/app-link';
import { Bar } from '@/components/ui/bar';
import { Tag } from '@/components/ui/tag';
import { Thumb } from '@/components/ui/thumb';
import type { CatalogueCourse } from '@/lib/data/catalogue';
import { formatHours, percent } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { playTime } from '@/lib/time';
import styles from '../catalogue.module.css';

/** One course in the catalogue: what it is worth and how far the reader is. */
export function CourseCard({ course }: { course: CatalogueCourse }) {
  const t = useT('catalogue', 'common');
  const about = [
    t('common:hours', { hours: formatHours(course.hours_centi) }),
    t('catalogue:lessons', { count: course.lesson_count }),
    course.teacher_name,
  ];
  return (
    <AppLink to={paths.course(course.id)} className={styles.course}>
      <Thumb src={course.cover_url} time={playTime(course.duration_ms)} />
      <span className={styles.text}>
        <h2 className="clamp2">{course.title}</h2>
        <span className="s">
          <Dotted parts={about} />
        </span>
        <span className={styles.tags}>
          <Tag tone={course.required ? 'accent' : 'plain'}>
            {course.required ? t('common:required') : t('common:elective')}
          </Tag>
          {course.state !== 'not_started' && (
            <Tag tone={course.state === 'done' ? 'ok' : 'plain'}>
              {course.state === 'done'
                ? t('catalogue:state.done')
                : t('catalogue:progress', { done: course.done_count, all: course.lesson_count })}
            </Tag>
          )}
        </span>
        {course.state !== 'not_started' && (
          <span className={styles.foot}>
            <Bar
              value={course.covered_ms}
              max={course.duration_ms}
              tone={course.state === 'done' ? 'ok' : 'accent'}
              label={t('catalogue:progressLabel', {
                percent: percent(course.covered_ms, course.duration_ms),
              })}
            />
          </span>
        )}
      </span>
    </AppLink>
  );
}
