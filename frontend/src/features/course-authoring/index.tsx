import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Dotted } from '@/components/ui/dotted';
import { PageHeader } from '@/components/ui/page-header';
import { Tag } from '@/components/ui/tag';
import { Thumb } from '@/components/ui/thumb';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { courseKeys, loadCourses, type Course } from './api/courses';
import { CourseDrawer } from './course-drawer';
import { CourseStateTag } from './course-state';

/** The courses as trainers see them: drafts, published and taken back. */
export default function Courses() {
  const t = useT('course-authoring', 'common', 'ui');
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button small kind="primary" onClick={() => setAdding(true)}>
      {t('course-authoring:add')}
    </Button>
  );
  const columns: Column<Course>[] = [
    {
      key: 'title',
      title: t('course-authoring:column.title'),
      always: true,
      render: (course) => (
        <div className="row" style={{ minWidth: 240 }}>
          <Thumb src={course.cover_url || undefined} />
          <div>
            <AppLink to={paths.staffCourse(course.id)}>
              <b>{course.title}</b>
            </AppLink>
            <div className="xs">
              <Dotted parts={[course.category, course.teacher_name]} />
            </div>
          </div>
        </div>
      ),
    },
    {
      key: 'state',
      side: true,
      title: t('course-authoring:column.state'),
      width: 110,
      render: (course) => <CourseStateTag state={course.state} />,
    },
    {
      key: 'required',
      title: t('course-authoring:column.required'),
      width: 90,
      render: (course) => <Tag>{t(course.required ? 'common:required' : 'common:elective')}</Tag>,
    },
    {
      key: 'lessons',
      title: t('course-authoring:column.lessons'),
      align: 'end',
      width: 110,
      render: (course) =>
        course.ready_count === course.lesson_count
          ? course.lesson_count
          : t('course-authoring:ready', { ready: course.ready_count, all: course.lesson_count }),
    },
    {
      key: 'hours',
      title: t('course-authoring:column.hours'),
      align: 'end',
      width: 80,
      render: (course) => formatHours(course.hours_centi),
    },
    {
      key: 'updated',
      title: t('course-authoring:column.updated'),
      width: 150,
      render: (course) => whenText(course.updated_at),
    },
  ];
  return (
    <>
      <PageHeader title={t('course-authoring:title')} detail={t('course-authoring:detail')} actions={add} />
      <DataTable<Course>
        name="courses"
        label={t('course-authoring:title')}
        queryKey={courseKeys.list()}
        load={loadCourses}
        columns={columns}
        rowKey={(course) => course.id}
        rowTo={(course) => paths.staffCourse(course.id)}
        filters={[
          { kind: 'search', key: 'q', label: t('course-authoring:search') },
          {
            kind: 'select',
            key: 'state',
            label: t('course-authoring:column.state'),
            options: (['draft', 'published', 'unpublished'] as const).map((state) => ({
              value: state,
              label: t(`course-authoring:state.${state}`),
            })),
          },
          {
            kind: 'select',
            key: 'required',
            label: t('course-authoring:column.required'),
            options: [
              { value: 'true', label: t('common:required') },
              { value: 'false', label: t('common:elective') },
            ],
          },
        ]}
        empty={{
          title: t('course-authoring:empty.title'),
          text: t('course-authoring:empty.text'),
          action: add,
        }}
      />
      {adding && (
        <CourseDrawer
          onClose={() => setAdding(false)}
          onSaved={(id) => void navigate({ to: paths.staffCourse(id) })}
        />
      )}
    </>
  );
}
