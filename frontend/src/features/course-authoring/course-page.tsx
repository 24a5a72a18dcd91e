import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useAudienceText } from '@/components/audience/audience-editor';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { FormProblem } from '@/components/ui/form-problem';
import { Notice, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { Thumb } from '@/components/ui/thumb';
import { toast } from '@/components/ui/toast';
import { formatHours } from '@/lib/hours';
import { useT } from '@/lib/t';
import { playTime, stamp } from '@/lib/time';
import { courseQuery, useCourseVerb, useCover, type Outline } from './api/courses';
import { CourseDrawer } from './course-drawer';
import { CourseOutline } from './course-outline';
import { CourseStateTag } from './course-state';

/** One course in the making: what it is, its chapters and lessons, publishing. */
export default function CoursePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(courseQuery(id));
  return <StateView query={query}>{(course) => <CourseDetail course={course} />}</StateView>;
}

function CourseDetail({ course }: { course: Outline }) {
  const t = useT('course-authoring', 'audience', 'common', 'ui');
  const audience = useAudienceText();
  const [asking, setAsking] = useState<'edit' | 'publish' | 'unpublish'>();
  const verb = useCourseVerb(course.id);
  const cover = useCover(course.id);
  const input = useRef<HTMLInputElement>(null);
  const close = () => setAsking(undefined);
  return (
    <DetailPage
      title={course.title}
      tags={
        <>
          <CourseStateTag state={course.state} />
          <Tag>{t(course.required ? 'common:required' : 'common:elective')}</Tag>
        </>
      }
      actions={
        <>
          <Button small busy={cover.isPending} onClick={() => input.current?.click()}>
            {t('course-authoring:cover')}
          </Button>
          <Button small onClick={() => setAsking('edit')}>
            {t('course-authoring:edit')}
          </Button>
          {course.state === 'published' ? (
            <Button small kind="danger" onClick={() => setAsking('unpublish')}>
              {t('course-authoring:unpublish.verb')}
            </Button>
          ) : (
            <Button small kind="primary" onClick={() => setAsking('publish')}>
              {t('course-authoring:publish.verb')}
            </Button>
          )}
        </>
      }
      facts={[
        { label: t('course-authoring:field.teacher'), value: course.teacher_name || '—' },
        { label: t('course-authoring:field.category'), value: course.category || '—' },
        { label: t('course-authoring:column.lessons'), value: String(course.lesson_count) },
        { label: t('course-authoring:field.duration'), value: playTime(course.duration_ms) },
        { label: t('course-authoring:column.hours'), value: formatHours(course.hours_centi) },
        { label: t('course-authoring:field.audience'), value: audience(course.audience) },
        {
          label: t('course-authoring:field.published'),
          value: course.published_at ? stamp(course.published_at) : '—',
        },
        { label: t('course-authoring:field.cover'), value: <Thumb src={course.cover_url || undefined} /> },
      ]}
    >
      <FormProblem error={cover.error} />
      {course.summary && <p style={{ maxWidth: 720 }}>{course.summary}</p>}
      {course.lesson_count > course.ready_count && (
        <Notice tone="warn">
          {t('course-authoring:notReady', { count: course.lesson_count - course.ready_count })}
        </Notice>
      )}
      <CourseOutline course={course} />
      <input
        ref={input}
        type="file"
        accept="image/*"
        className="visually-hidden"
        tabIndex={-1}
        aria-label={t('course-authoring:cover')}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file) cover.mutate(file, { onSuccess: () => toast(t('course-authoring:coverSaved')) });
        }}
      />
      {asking === 'edit' && <CourseDrawer course={course} onClose={close} />}
      <ConfirmWithReason
        open={asking === 'publish'}
        title={t('course-authoring:publish.title', { title: course.title })}
        verb={t('course-authoring:publish.verb')}
        onClose={close}
        onConfirm={() => verb.mutateAsync('publish').then(() => toast(t('course-authoring:publish.done')))}
      >
        {t('course-authoring:publish.text', {
          audience: audience(course.audience),
          hours: formatHours(course.hours_centi),
        })}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'unpublish'}
        title={t('course-authoring:unpublish.title', { title: course.title })}
        verb={t('course-authoring:unpublish.verb')}
        onClose={close}
        onConfirm={() =>
          verb
            .mutateAsync('unpublish')
            .then(() => toast(t('course-authoring:unpublish.done'), () => verb.mutate('publish')))
        }
      >
        {t('course-authoring:unpublish.text')}
      </ConfirmWithReason>
    </DetailPage>
  );
}
