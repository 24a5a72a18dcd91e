// Writes src/locales/resources.d.ts: the zh-CN texts give the types of all keys.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dir = join(import.meta.dirname, '../src/locales/');

export function resources(names) {
  const bundled = names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .filter((name) => !name.startsWith('problem.') || name === 'problem.network')
    .toSorted();
  return [
    '// Made by `npm run generate:locales`; do not edit.',
    'export interface Texts {',
    ...bundled.map((ns) => `  '${ns}': typeof import('./zh-CN/${ns}.json');`),
    '}',
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(`${dir}resources.d.ts`, resources(readdirSync(`${dir}zh-CN`)));
}
