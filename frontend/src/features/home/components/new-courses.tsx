import { useQuery } from '@tanstack/react-query';
import { Dotted } from '@/components/ui/dotted';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Empty, StateView } from '@/components/ui/state-view';
import { Thumb } from '@/components/ui/thumb';
import { newCoursesQuery } from '@/lib/data/catalogue';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { playTime } from '@/lib/time';

/** What is new in the catalogue. */
export function NewCourses() {
  const t = useT('home', 'common');
  const query = useQuery(newCoursesQuery);
  return (
    <Section title={t('home:new.title')} more={{ text: t('home:all'), to: paths.courses() }}>
      <StateView
        query={query}
        compact
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Card pad={false}>
            <Empty icon="course" compact title={t('home:new.none')}>
              {t('home:new.noneHint')}
            </Empty>
          </Card>
        }
      >
        {({ items }) => (
          <CardList>
            {items.slice(0, 3).map((course) => (
              <CardItem
                key={course.id}
                to={paths.course(course.id)}
                lead={<Thumb src={course.cover_url} time={playTime(course.duration_ms)} />}
                title={course.title}
                detail={
                  <Dotted
                    parts={[
                      t('common:hours', { hours: formatHours(course.hours_centi) }),
                      course.required ? t('common:required') : t('common:elective'),
                      course.teacher_name,
                    ]}
                  />
                }
              />
            ))}
          </CardList>
        )}
      </StateView>
    </Section>
  );
}
