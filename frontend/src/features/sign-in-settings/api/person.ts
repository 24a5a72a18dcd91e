import { queryOptions } from '@tanstack/react-query';
import type { PersonBody } from '@/api/model/personBody';
import { http, withQuery, type Page } from '@/lib/http';

/** The person who has exactly this number, or null. */
export const personByNumberQuery = (number: string) =>
  queryOptions({
    queryKey: ['people', 'by-number', number],
    queryFn: async ({ signal }) => {
      const page = await http.get<Page<PersonBody>>(withQuery('/people', { q: number }), { signal });
      return page.items.find((one) => one.number === number) ?? null;
    },
    enabled: number !== '',
  });
