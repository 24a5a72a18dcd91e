import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Texts } from '@/locales/resources';

type Plural<K extends string> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K;
type Keys<T> = {
  [K in keyof T & string]: T[K] extends string ? Plural<K> : `${K}.${Keys<T[K]>}`;
}[keyof T & string];

export type Namespace = keyof Texts & string;

/** Every text of the application: `namespace:key`. */
export type TextKey = { [N in Namespace]: `${N}:${Keys<Texts[N]>}` }[Namespace];

export type Say = (key: TextKey, params?: Record<string, string | number>) => string;

/**
 * The texts of some namespaces in the page's language; the page waits until they are here. zh-CN names the keys,
 * so a missing one is a type error.
 */
export function useT(...namespaces: Namespace[]): Say {
  const { t } = useTranslation(namespaces);
  return useCallback(
    (key, params) => (t as unknown as (key: string, params?: object) => string)(key, params),
    [t],
  );
}
