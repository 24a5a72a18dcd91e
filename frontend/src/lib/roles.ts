import { queryOptions, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { RoleBody } from '../api/model/roleBody';
import { http } from './http';
import { language } from './language';
import { useT } from './t';

const builtIn = [
  'learner',
  'trainer',
  'class_manager',
  'secretary',
  'auditor',
  'editor',
  'counsellor',
  'admin',
] as const;

interface RoleName {
  key: string;
  name_zh: string;
  name_en: string;
}

const roleNamesQuery = queryOptions({
  queryKey: ['role-names'],
  queryFn: ({ signal }) => http.get<{ items: RoleName[] }>('/role-names', { signal }),
  select: (page) => page.items,
  staleTime: 60_000,
});

/** What a role of the institution is called in the page's language. */
export const ownName = (role: { name_zh: string; name_en: string }) =>
  language() === 'en' ? role.name_en : role.name_zh;

/** What roles are called; the institution's own are asked of the server only when one is among `met`. */
export function useRoleName(met: readonly string[] = []): (key: string) => string {
  const t = useT('common');
  const own = met.some((key) => !isBuiltIn(key));
  const names = useQuery({ ...roleNamesQuery, enabled: own }).data;
  return useCallback(
    (key) => {
      if (isBuiltIn(key)) return t(`common:role.${key}`);
      const found = names?.find((one) => one.key === key);
      return found ? ownName(found) : '…';
    },
    [t, names],
  );
}

function isBuiltIn(key: string): key is (typeof builtIn)[number] {
  return (builtIn as readonly string[]).includes(key);
}

/** Every role with what it carries, for those who grant. */
export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => http.get<{ items: RoleBody[] }>('/roles', { signal }),
  select: (page) => page.items,
});

/** What a role is for: its own words, or those of the product for a built-in one. */
export function useAboutRole(): (role: RoleBody) => string {
  const t = useT('rights');
  return (role) => (role.built_in && isBuiltIn(role.id) ? t(`rights:about.${role.id}`) : role.description);
}
