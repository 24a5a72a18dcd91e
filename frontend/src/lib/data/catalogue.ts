import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { http, withQuery, type Page } from '../http';
import { isProblem } from '../problem';

export type CourseState = 'not_started' | 'in_progress' | 'done';

/** One course as the catalogue shows it, with the reader's progress. */
export interface CatalogueCourse {
  id: string;
  title: string;
  summary: string;
  category: string;
  tags: string[];
  teacher_name: string;
  required: boolean;
  cover_url?: string;
  published_at: string;
  lesson_count: number;
  done_count: number;
  duration_ms: number;
  covered_ms: number;
  hours_centi: number;
  earned_centi: number;
  state: CourseState;
  last_watched_at?: string | null;
}

export interface CatalogueLesson {
  id: string;
  title: string;
  duration_ms: number;
  hours_centi: number;
  threshold_percent: number;
  playable?: boolean;
  progress: { covered_ms: number; percent: number; completed_at?: string | null };
}

export interface CatalogueDetail {
  course: CatalogueCourse;
  chapters: { id: string; title: string; lessons: CatalogueLesson[] }[];
}

export interface CatalogueFilter {
  q?: string;
  /** "true" required only, "false" elective only. */
  required?: string;
  state?: string;
}

export const catalogueQuery = (filter: CatalogueFilter) =>
  infiniteQueryOptions({
    queryKey: ['catalogue', filter],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<CatalogueCourse>>(
        withQuery('/catalogue', { ...filter, page_token: pageParam, limit: 20 }),
        {
          signal,
        },
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: (before) => before,
  });

/** The newest courses, for the home page. */
export const newCoursesQuery = queryOptions({
  queryKey: ['catalogue', 'new'],
  queryFn: ({ signal }) => http.get<Page<CatalogueCourse>>(withQuery('/catalogue', { limit: 3 }), { signal }),
});

export const courseQuery = (id: string) =>
  queryOptions({
    queryKey: ['catalogue', 'course', id],
    queryFn: ({ signal }) => http.get<CatalogueDetail>(`/catalogue/${id}`, { signal }),
  });

/** The lesson to go on with; null when there is none. */
export interface Continue {
  lesson_id: string;
  lesson_title: string;
  course_id: string;
  course_title: string;
  chapter_title: string;
  chapter_number: number;
  poster_url: string;
  duration_ms: number;
  resume_ms: number;
  covered_ms: number;
}

export const continueQuery = queryOptions({
  queryKey: ['learning', 'continue'],
  queryFn: async ({ signal }): Promise<Continue | null> => {
    try {
      return (await http.get<Continue | undefined>('/learning/continue', { signal })) ?? null;
    } catch (error) {
      if (isProblem(error) && error.status === 404) return null;
      throw error;
    }
  },
});
