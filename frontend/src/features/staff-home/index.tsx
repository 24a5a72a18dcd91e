import { useQuery } from '@tanstack/react-query';
import { NumberWithBar } from '@/components/ui/bar';
import { CardItem, CardList, Section } from '@/components/ui/card';
import { Card } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, SkeletonLines } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { group, percent } from '@/lib/hours';
import { http, type Page } from '@/lib/http';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { useRoleName } from '@/lib/roles';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { dayPart, endText, momentText } from '@/lib/time';
import styles from './staff-home.module.css';

const { staff } = permissions;

/** The first page of everyone on the staff side: what stands in his work today, by what he may see. */
export default function StaffHome() {
  const t = useT('staff-home', 'common');
  const session = useSession();
  const nameOf = useRoleName(session.roles);
  const has = (permission: string) => can(session, [permission]);
  return (
    <>
      <PageHeader
        title={t(`staff-home:hello.${dayPart()}`, { name: session.person.name })}
        detail={session.roles
          .filter((role) => role !== 'learner')
          .map(nameOf)
          .join('、')}
      />
      <div className="stack">
        {has(staff.hours) && <Hours />}
        <div className={styles.columns}>
          {has(staff.results) && <Exams />}
          {has(staff.media) && <Media />}
        </div>
      </div>
    </>
  );
}

interface Overview {
  people: number;
  done: number;
  near: number;
  late: number;
}

function Hours() {
  const t = useT('staff-home');
  const query = useQuery({
    queryKey: ['hours', 'overview', 'home'],
    queryFn: ({ signal }) => http.get<Overview>('/hours/overview', { signal }),
  });
  const data = query.data;
  if (!data) return query.isError ? null : <SkeletonLines lines={3} />;
  return (
    <Section
      title={t('staff-home:hours.title')}
      more={{ text: t('staff-home:hours.more'), to: paths.staffHours() }}
    >
      <div className={styles.tiles}>
        <Card>
          <NumberWithBar title={t('staff-home:hours.people')} value={group(data.people)} />
        </Card>
        <Card>
          <NumberWithBar
            title={t('staff-home:hours.done')}
            value={group(data.done)}
            note={<Tag tone="ok">{percent(data.done, Math.max(1, data.people))}%</Tag>}
            bar={{
              value: data.done,
              max: Math.max(1, data.people),
              label: t('staff-home:hours.done'),
              tone: 'ok',
            }}
          />
        </Card>
        <Card>
          <NumberWithBar title={t('staff-home:hours.near')} value={group(data.near)} />
        </Card>
        <Card>
          <NumberWithBar title={t('staff-home:hours.late')} value={group(data.late)} />
        </Card>
      </div>
    </Section>
  );
}

/** A date does not end on the next line. */
const whole = (moment: string) => moment.replaceAll(' ', '\u00a0');

interface Exam {
  id: string;
  title: string;
  opens_at: string;
  closes_at: string;
  submitted_count: number;
}

function Exams() {
  const t = useT('staff-home');
  const query = useQuery({
    queryKey: ['exams', 'home'],
    queryFn: ({ signal }) => http.get<Page<Exam>>('/exams?state=published&limit=5', { signal }),
  });
  const items = query.data?.items;
  return (
    <Section title={t('staff-home:exams.title')} more={{ text: t('staff-home:all'), to: paths.staffExams() }}>
      {items === undefined ? (
        <SkeletonLines />
      ) : items.length === 0 ? (
        <Card>
          <Empty compact title={t('staff-home:exams.none')} />
        </Card>
      ) : (
        <CardList label={t('staff-home:exams.title')}>
          {items.map((exam) => (
            <CardItem
              key={exam.id}
              to={paths.staffExam(exam.id)}
              title={exam.title}
              detail={t('staff-home:exams.window', {
                from: whole(momentText(exam.opens_at)),
                to: whole(endText(exam.opens_at, exam.closes_at)),
              })}
              side={
                <span className="xs">{t('staff-home:exams.submitted', { count: exam.submitted_count })}</span>
              }
            />
          ))}
        </CardList>
      )}
    </Section>
  );
}

interface Medium {
  id: string;
  filename: string;
  state: string;
  progress: number;
}

const open = new Set(['uploading', 'uploaded', 'probing', 'transcoding', 'rejected']);

function Media() {
  const t = useT('staff-home', 'media-library');
  const query = useQuery({
    queryKey: ['media', 'home'],
    queryFn: ({ signal }) => http.get<Page<Medium>>('/media?limit=50', { signal }),
    refetchInterval: 5000,
  });
  const items = query.data?.items.filter((medium) => open.has(medium.state)).slice(0, 5);
  return (
    <Section title={t('staff-home:media.title')} more={{ text: t('staff-home:all'), to: paths.staffMedia() }}>
      {items === undefined ? (
        <SkeletonLines />
      ) : items.length === 0 ? (
        <Card>
          <Empty compact title={t('staff-home:media.none')} />
        </Card>
      ) : (
        <CardList label={t('staff-home:media.title')}>
          {items.map((medium) => (
            <CardItem
              key={medium.id}
              to={paths.staffMedium(medium.id)}
              title={medium.filename}
              side={
                <Tag tone={medium.state === 'rejected' ? 'accent' : 'plain'}>
                  {medium.state === 'transcoding'
                    ? `${medium.progress}%`
                    : t(`media-library:state.${medium.state as 'uploaded'}`)}
                </Tag>
              }
            />
          ))}
        </CardList>
      )}
    </Section>
  );
}
