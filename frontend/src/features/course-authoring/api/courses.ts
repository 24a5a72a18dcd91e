import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ChapterInputBody } from '@/api/model/chapterInputBody';
import type { CourseBody } from '@/api/model/courseBody';
import type { CourseChapterBody } from '@/api/model/courseChapterBody';
import type { CourseContentBody } from '@/api/model/courseContentBody';
import type { CourseLessonBody } from '@/api/model/courseLessonBody';
import type { CoursesOutputBody } from '@/api/model/coursesOutputBody';
import type { LessonInputBody } from '@/api/model/lessonInputBody';
import type { MediumBody } from '@/api/model/mediumBody';
import { http, withQuery, type Page } from '@/lib/http';
import { fitPicture } from '@/lib/picture';
import type { UrlState } from '@/lib/url-state';

export type Course = CourseBody;
export type Chapter = CourseChapterBody;
export type Lesson = CourseLessonBody;
export type CourseInput = CourseContentBody;
export type LessonInput = LessonInputBody;
export type Outline = CourseBody & { chapters: Chapter[] };

export const courseKeys = {
  all: ['courses'] as const,
  list: () => [...courseKeys.all, 'list'] as const,
  detail: (id: string) => [...courseKeys.all, 'detail', id] as const,
};

export const loadCourses = ({ q, state, required, page_token }: UrlState, signal: AbortSignal) =>
  http.get<CoursesOutputBody>(withQuery('/courses', { q, state, required, page_token }), { signal });

export const courseQuery = (id: string) =>
  queryOptions({
    queryKey: courseKeys.detail(id),
    queryFn: ({ signal }) => http.get<Outline>(`/courses/${id}`, { signal }),
  });

/** Videos that can go into a lesson; those still being made may be chosen too. */
export const mediaChoiceQuery = (q: string) =>
  queryOptions({
    queryKey: ['media', 'choice', q],
    queryFn: ({ signal }) => http.get<Page<MediumBody>>(withQuery('/media', { q, limit: 50 }), { signal }),
    select: (page) => page.items.filter((one) => !['rejected', 'cancelled', 'uploading'].includes(one.state)),
    placeholderData: (before) => before,
  });

/** Every change of a course is read again: its version has moved. */
function useCourseMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => client.invalidateQueries({ queryKey: courseKeys.all }) });
}

export const useSaveCourse = (course: Outline | undefined) =>
  useCourseMutation((body: CourseInput) =>
    course
      ? http.put<Outline>(`/courses/${course.id}`, { ...body, version: course.version })
      : http.post<Outline>('/courses', body),
  );

export const useCourseVerb = (id: string) =>
  useCourseMutation((verb: 'publish' | 'unpublish') => http.post<Outline>(`/courses/${id}/${verb}`));

export const useSaveChapter = (courseId: string) =>
  useCourseMutation(({ id, ...body }: ChapterInputBody & { id?: string }) =>
    id
      ? http.put<Outline>(`/chapters/${id}`, body)
      : http.post<Outline>(`/courses/${courseId}/chapters`, body),
  );

export const useSaveLesson = (chapterId: string, lesson: Lesson | undefined) =>
  useCourseMutation((body: LessonInput) =>
    lesson
      ? http.put<Outline>(`/lessons/${lesson.id}`, body)
      : http.post<Outline>(`/chapters/${chapterId}/lessons`, body),
  );

export const useRemove = () =>
  useCourseMutation(({ kind, id }: { kind: 'chapters' | 'lessons'; id: string }) =>
    http.delete(`/${kind}/${id}`),
  );

export const useLessonVerb = () =>
  useCourseMutation(({ id, verb }: { id: string; verb: 'close' | 'reopen' }) =>
    http.post<void>(`/lessons/${id}/${verb}`),
  );

export const useReorder = (course: Outline) =>
  useCourseMutation((chapters: Chapter[]) =>
    http.post<Outline>(`/courses/${course.id}/reorder`, {
      version: course.version,
      chapters: chapters.map((chapter) => ({
        id: chapter.id,
        lessons: chapter.lessons.map((lesson) => lesson.id),
      })),
    }),
  );

/** A picture as the cover. */
export const useCover = (id: string) =>
  useCourseMutation(async (file: File) =>
    http.bytes<Outline>('POST', `/courses/${id}/cover`, await fitPicture(file, 1280)),
  );
