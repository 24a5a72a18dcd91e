import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error -- a plain script without types
import { resources } from '../../scripts/locales.mjs';

const src = resolve(import.meta.dirname, '..');
const dir = join(src, 'locales');

type Texts = { [key: string]: string | Texts };

function read(lng: string, ns: string): Texts {
  return JSON.parse(readFileSync(join(dir, lng, `${ns}.json`), 'utf8')) as Texts;
}

function flat(texts: Texts, before = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') found.set(before + key, value);
    else flat(value, `${before}${key}.`).forEach((text, inner) => found.set(inner, text));
  }
  return found;
}

/** `shown_one`, `shown_other` and `shown` are one key with its plural forms. */
const base = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '');

const spaces = (lng: string) =>
  readdirSync(join(dir, lng))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .toSorted();

function sources(at: string): string[] {
  return readdirSync(at).flatMap((name) => {
    const path = join(at, name);
    if (statSync(path).isDirectory()) return name === 'api' && at === src ? [] : sources(path);
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) ? [path] : [];
  });
}

describe('texts', () => {
  it('exist in both languages under the same names', () => {
    expect(spaces('en')).toEqual(spaces('zh-CN'));
  });

  it.each(spaces('zh-CN'))('%s has the same keys and placeholders in both languages', (ns) => {
    const zh = flat(read('zh-CN', ns));
    const en = flat(read('en', ns));
    expect([...new Set([...en.keys()].map(base))].toSorted()).toEqual(
      [...new Set([...zh.keys()].map(base))].toSorted(),
    );
    const holes = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((one) => one[1]!).toSorted();
    for (const [key, text] of en) {
      const other = zh.get(key) ?? zh.get(base(key)) ?? zh.get(`${base(key)}_other`);
      if (key.endsWith('_one')) continue;
      expect([key, holes(text)]).toEqual([key, holes(other ?? '')]);
    }
  });

  it('give the types in resources.d.ts', () => {
    const names = readdirSync(join(dir, 'zh-CN'));
    expect(readFileSync(join(dir, 'resources.d.ts'), 'utf8')).toBe(
      (resources as (n: string[]) => string)(names),
    );
  });

  it('exist for every key a source file uses', () => {
    const known = new Map(
      spaces('zh-CN').map((ns) => [ns, new Set([...flat(read('zh-CN', ns)).keys()].map(base))]),
    );
    const missing = sources(src).flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      const fixed = [...text.matchAll(/\bt\(\s*'([\w.-]+):([\w.]+)'/g)].map(([, ns, key]) => ({
        ns: ns!,
        key: key!,
        part: false,
      }));
      const built = [...text.matchAll(/\bt\(\s*`([\w.-]+):([\w.]*)\$\{/g)].map(([, ns, key]) => ({
        ns: ns!,
        key: key!,
        part: true,
      }));
      return [...fixed, ...built]
        .filter(({ ns, key, part }) => {
          const keys = known.get(ns);
          return !keys || !(part ? [...keys].some((one) => one.startsWith(key)) : keys.has(base(key)));
        })
        .map(({ ns, key }) => `${file.slice(src.length + 1)}: ${ns}:${key}`);
    });
    expect(missing).toEqual([]);
  });
});
