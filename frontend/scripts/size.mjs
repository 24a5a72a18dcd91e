// Adds up the gzipped JavaScript a learner loads for the shell and the first pages, from the built manifest.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const limit = 200 * 1000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'));

/** Entry, its static imports, and what sign-in, home and the lists load on demand. */
const roots = [
  'index.html',
  'src/features/session/sign-in-page.tsx',
  'src/features/home/index.tsx',
  'src/features/catalogue/index.tsx',
  'src/features/catalogue/course-page.tsx',
  'src/features/exam-list/index.tsx',
  'src/features/me/index.tsx',
];

const chunks = new Map();
function add(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`${key} is not in the built manifest`);
  if (chunks.has(chunk.file)) return;
  if (chunk.file.endsWith('.js')) chunks.set(chunk.file, gzipSync(readFileSync(dist + chunk.file)).length);
  (chunk.imports ?? []).forEach(add);
}
roots.forEach(add);
// The texts of one language are loaded with the shell.
Object.values(manifest)
  .filter((chunk) => /texts-zh-CN/.test(chunk.file))
  .forEach((chunk) => chunks.set(chunk.file, gzipSync(readFileSync(dist + chunk.file)).length));

const total = [...chunks.values()].reduce((sum, size) => sum + size, 0);
[...chunks]
  .toSorted((a, b) => b[1] - a[1])
  .forEach(([file, size]) => console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${file}`));
console.log(
  `${(total / 1000).toFixed(1).padStart(7)} kB  learner shell, gzip JavaScript (limit ${limit / 1000} kB)`,
);

const kit = [...chunks.keys()].filter((file) => /antd|\bdesk\b/.test(file));
if (kit.length > 0) {
  console.error(`the learner shell loads the staff kit: ${kit.join(', ')}`);
  process.exit(1);
}
if (total > limit) {
  console.error('over the limit');
  process.exit(1);
}
