import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { getCatalogueCourse, listCatalogue } from '../../api/catalogue/catalogue';
import { continueLearning } from '../../api/learning/learning';
import type { CatalogueCourseBody } from '../../api/model/catalogueCourseBody';
import type { CatalogueDetailOutputBody } from '../../api/model/catalogueDetailOutputBody';
import type { CatalogueLessonBody } from '../../api/model/catalogueLessonBody';
import type { ContinueBody } from '../../api/model/continueBody';
import type { ListCatalogueParams } from '../../api/model/listCatalogueParams';

export type CatalogueCourse = CatalogueCourseBody;
export type CatalogueLesson = CatalogueLessonBody;
export type CatalogueDetail = CatalogueDetailOutputBody;
/** The lesson to go on with. */
export type Continue = ContinueBody;

export interface CatalogueFilter {
  q?: string;
  /** "true" required only, "false" elective only. */
  required?: string;
  state?: string;
}

/** The address holds strings, and may hold any; what the server does not know is left out. */
function toParams({ q, required, state }: CatalogueFilter): ListCatalogueParams {
  const states = ['not_started', 'in_progress', 'done'] as const;
  return {
    ...(q && { q: q.slice(0, 100) }),
    ...((required === 'true' || required === 'false') && { required }),
    ...(state && { state: states.find((one) => one === state) }),
  } as ListCatalogueParams;
}

export const catalogueQuery = (filter: CatalogueFilter) =>
  infiniteQueryOptions({
    queryKey: ['catalogue', 'list', filter],
    queryFn: ({ pageParam, signal }) =>
      listCatalogue(
        { ...toParams(filter), ...(pageParam && { page_token: pageParam }), limit: 20 },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: (before) => before,
  });

/** The newest courses, for the home page. */
export const newCoursesQuery = queryOptions({
  queryKey: ['catalogue', 'new'],
  queryFn: ({ signal }) => listCatalogue({ limit: 3 }, { signal }),
});

export const courseQuery = (id: string) =>
  queryOptions({
    queryKey: ['catalogue', 'course', id],
    queryFn: ({ signal }) => getCatalogueCourse(id, { signal }),
  });

export const continueQuery = queryOptions({
  queryKey: ['learning', 'continue'],
  queryFn: async ({ signal }): Promise<Continue | null> => (await continueLearning({ signal })) ?? null,
});
