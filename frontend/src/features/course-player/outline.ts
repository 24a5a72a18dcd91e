import type { CourseOutline, OutlineLesson } from './model';

export interface ListedLesson {
  lesson: OutlineLesson;
  /** Numbers from 1: 2.3 is the third lesson of the second chapter. */
  chapter: number;
  number: number;
  chapterTitle: string;
  /** The first of its chapter. */
  first: boolean;
}

/** All lessons of a course in their order. */
export function listed(outline: CourseOutline): ListedLesson[] {
  return (outline.chapters ?? []).flatMap((chapter, c) =>
    (chapter.lessons ?? []).map((lesson, l) => ({
      lesson,
      chapter: c + 1,
      number: l + 1,
      chapterTitle: chapter.title,
      first: l === 0,
    })),
  );
}

/** The lesson after this one, if it can be played. */
export function nextLesson(outline: CourseOutline | undefined, lessonId: string): OutlineLesson | undefined {
  if (!outline) return undefined;
  const lessons = listed(outline);
  const at = lessons.findIndex(({ lesson }) => lesson.id === lessonId);
  return at < 0 ? undefined : lessons.slice(at + 1).find(({ lesson }) => lesson.playable !== false)?.lesson;
}
