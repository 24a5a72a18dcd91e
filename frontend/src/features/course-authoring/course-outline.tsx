import { useState, type ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Dialog } from '@/components/ui/dialog';
import { Dotted } from '@/components/ui/dotted';
import { TextField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { Empty } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { formatHours } from '@/lib/hours';
import { useT } from '@/lib/t';
import { playTime } from '@/lib/time';
import {
  useLessonVerb,
  useRemove,
  useReorder,
  useSaveChapter,
  type Chapter,
  type Lesson,
  type Outline,
} from './api/courses';
import { LessonDrawer } from './lesson-drawer';
import styles from './course-authoring.module.css';

type Asking =
  | { what: 'chapter'; chapter?: Chapter }
  | { what: 'lesson'; chapterId: string; lesson?: Lesson }
  | { what: 'remove'; kind: 'chapters' | 'lessons'; id: string; title: string };

/** Chapters and lessons in order; moving is by buttons, so that it works by keyboard and on a phone. */
export function CourseOutline({ course }: { course: Outline }) {
  const t = useT('course-authoring', 'ui');
  const [asking, setAsking] = useState<Asking>();
  const reorder = useReorder(course);
  const remove = useRemove();
  const { chapters } = course;
  const close = () => setAsking(undefined);

  const moveChapter = (at: number, by: number) => reorder.mutate(moved(chapters, at, by));
  const moveLesson = (chapterAt: number, at: number, by: number) =>
    reorder.mutate(
      chapters.map((chapter, index) =>
        index === chapterAt ? { ...chapter, lessons: moved(chapter.lessons, at, by) } : chapter,
      ),
    );
  return (
    <Section
      title={t('course-authoring:outline')}
      aside={
        <Button small onClick={() => setAsking({ what: 'chapter' })}>
          {t('course-authoring:chapter.add')}
        </Button>
      }
    >
      <FormProblem error={reorder.error} />
      {chapters.length === 0 ? (
        <Card>
          <Empty title={t('course-authoring:chapter.none')}>{t('course-authoring:chapter.noneText')}</Empty>
        </Card>
      ) : (
        <div className="stack">
          {chapters.map((chapter, chapterAt) => (
            <Card key={chapter.id} pad={false}>
              <div className={styles.chapter}>
                <h3>
                  {t('course-authoring:chapter.title', { number: chapterAt + 1, title: chapter.title })}
                </h3>
                <Deeds>
                  <Move
                    at={chapterAt}
                    last={chapters.length - 1}
                    name={chapter.title}
                    busy={reorder.isPending}
                    onMove={(by) => moveChapter(chapterAt, by)}
                  />
                  <Button small kind="quiet" onClick={() => setAsking({ what: 'chapter', chapter })}>
                    {t('course-authoring:rename')}
                  </Button>
                  <Button
                    small
                    kind="quiet"
                    onClick={() =>
                      setAsking({ what: 'remove', kind: 'chapters', id: chapter.id, title: chapter.title })
                    }
                  >
                    {t('course-authoring:remove')}
                  </Button>
                  <Button small onClick={() => setAsking({ what: 'lesson', chapterId: chapter.id })}>
                    {t('course-authoring:lesson.add')}
                  </Button>
                </Deeds>
              </div>
              {chapter.lessons.map((lesson, at) => (
                <LessonRow
                  key={lesson.id}
                  number={`${chapterAt + 1}.${at + 1}`}
                  lesson={lesson}
                  onEdit={() => setAsking({ what: 'lesson', chapterId: chapter.id, lesson })}
                  onRemove={() =>
                    setAsking({ what: 'remove', kind: 'lessons', id: lesson.id, title: lesson.title })
                  }
                  move={
                    <Move
                      at={at}
                      last={chapter.lessons.length - 1}
                      name={lesson.title}
                      busy={reorder.isPending}
                      onMove={(by) => moveLesson(chapterAt, at, by)}
                    />
                  }
                />
              ))}
              {chapter.lessons.length === 0 && (
                <p className={`xs ${styles.none}`}>{t('course-authoring:lesson.none')}</p>
              )}
            </Card>
          ))}
        </div>
      )}
      {asking?.what === 'chapter' && (
        <ChapterDialog course={course} chapter={asking.chapter} onClose={close} />
      )}
      {asking?.what === 'lesson' && (
        <LessonDrawer course={course} chapterId={asking.chapterId} lesson={asking.lesson} onClose={close} />
      )}
      <ConfirmWithReason
        open={asking?.what === 'remove'}
        title={t('course-authoring:removeTitle', { title: asking?.what === 'remove' ? asking.title : '' })}
        verb={t('course-authoring:remove')}
        onClose={close}
        onConfirm={() =>
          asking?.what === 'remove'
            ? remove.mutateAsync(asking).then(() => toast(t('course-authoring:removed')))
            : Promise.resolve()
        }
      >
        {t('course-authoring:removeText')}
      </ConfirmWithReason>
    </Section>
  );
}

function moved<T>(list: readonly T[], at: number, by: number): T[] {
  const next = [...list];
  const [one] = next.splice(at, 1);
  next.splice(at + by, 0, one as T);
  return next;
}

function Deeds({ children }: { children: ReactNode }) {
  return <div className={styles.deeds}>{children}</div>;
}

interface MoveProps {
  at: number;
  last: number;
  name: string;
  busy: boolean;
  onMove: (by: number) => void;
}

function Move({ at, last, name, busy, onMove }: MoveProps) {
  const t = useT('course-authoring');
  return (
    <>
      <Button
        small
        kind="quiet"
        disabled={at === 0 || busy}
        aria-label={t('course-authoring:up', { name })}
        onClick={() => onMove(-1)}
      >
        ↑
      </Button>
      <Button
        small
        kind="quiet"
        disabled={at === last || busy}
        aria-label={t('course-authoring:down', { name })}
        onClick={() => onMove(1)}
      >
        ↓
      </Button>
    </>
  );
}

interface LessonRowProps {
  number: string;
  lesson: Lesson;
  move: ReactNode;
  onEdit: () => void;
  onRemove: () => void;
}

function LessonRow({ number, lesson, move, onEdit, onRemove }: LessonRowProps) {
  const t = useT('course-authoring');
  const verb = useLessonVerb();
  const closed = lesson.closed_at !== undefined && lesson.closed_at !== '';
  const change = (next: 'close' | 'reopen') => verb.mutate({ id: lesson.id, verb: next });
  return (
    <div className={styles.lesson} data-testid="lesson-row">
      <div className="grow">
        <b>
          {number} {lesson.title}
        </b>{' '}
        {closed && <Tag>{t('course-authoring:lesson.closed')}</Tag>}
        <div className="xs">
          <Dotted
            parts={[
              lesson.medium_id
                ? lesson.medium_state === 'ready'
                  ? playTime(lesson.duration_ms)
                  : t('course-authoring:lesson.notReady')
                : t('course-authoring:lesson.noVideo'),
              t('course-authoring:lesson.worth', { hours: formatHours(lesson.hours_centi) }),
              t('course-authoring:lesson.need', { percent: lesson.threshold_percent }),
              !lesson.allow_skip && t('course-authoring:lesson.noSkip'),
            ]}
          />
        </div>
      </div>
      <Deeds>
        {move}
        <Button small kind="quiet" onClick={onEdit}>
          {t('course-authoring:change')}
        </Button>
        {closed ? (
          <Button small kind="quiet" busy={verb.isPending} onClick={() => change('reopen')}>
            {t('course-authoring:lesson.reopen')}
          </Button>
        ) : lesson.has_records ? (
          <Button small kind="quiet" busy={verb.isPending} onClick={() => change('close')}>
            {t('course-authoring:lesson.close')}
          </Button>
        ) : (
          <Button small kind="quiet" onClick={onRemove}>
            {t('course-authoring:remove')}
          </Button>
        )}
      </Deeds>
    </div>
  );
}

function ChapterDialog({
  course,
  chapter,
  onClose,
}: {
  course: Outline;
  chapter?: Chapter;
  onClose: () => void;
}) {
  const t = useT('course-authoring', 'ui');
  const [title, setTitle] = useState(chapter?.title ?? '');
  const saving = useSaveChapter(course.id);
  const save = () =>
    saving.mutate({ id: chapter?.id, title, version: course.version }, { onSuccess: onClose });
  return (
    <Dialog
      open
      title={chapter ? t('course-authoring:chapter.rename') : t('course-authoring:chapter.add')}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" busy={saving.isPending} onClick={save}>
            {t('ui:save')}
          </Button>
        </>
      }
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label={t('course-authoring:chapter.name')}
          value={title}
          maxLength={120}
          onChange={(event) => setTitle(event.target.value)}
        />
        <FormProblem error={saving.error} />
      </form>
    </Dialog>
  );
}
