// Who may import whom inside src. Prints each violation and exits 1.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const src = join(import.meta.dirname, '../src');

/** Features whose pages a learner loads: no module of theirs may reach the staff kit. */
const learnerFeatures = new Set([
  'session',
  'home',
  'catalogue',
  'course-player',
  'exam-list',
  'exam-taking',
  'me',
]);

function files(dir) {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return files(path);
    return /\.(ts|tsx)$/.test(name) ? [path] : [];
  });
}

function target(file, spec) {
  if (spec.startsWith('@/')) return spec.slice(2);
  if (spec.startsWith('.')) return relative(src, resolve(dirname(file), spec));
  return spec;
}

/** Says what is wrong with `from` importing `to` (both relative to src), or nothing. */
export function violation(from, to) {
  const zone = from.split('/')[0];
  const feature = zone === 'features' ? from.split('/')[1] : undefined;
  if (/^(antd|@ant-design)(\/|$)/.test(to) && !from.startsWith('components/ui/desk/'))
    return 'only components/ui/desk imports the UI kit';
  if (zone === 'features' && to.startsWith('features/') && to.split('/')[1] !== feature)
    return 'a feature does not import another feature';
  if (zone !== 'app' && to.startsWith('app/')) return 'only app imports app';
  if ((zone === 'lib' || zone === 'api') && /^(components|features)\//.test(to))
    return `${zone} imports neither components nor features`;
  if (zone === 'components' && to.startsWith('features/')) return 'components import no feature';
  if (to.startsWith('components/ui/desk') && learnerFeatures.has(feature))
    return 'a learner page does not load the staff kit';
  if (
    to.startsWith('components/ui/desk') &&
    from.startsWith('components/ui/') &&
    !from.startsWith('components/ui/desk/')
  )
    return 'light components do not build on the staff kit';
  return undefined;
}

if (process.argv[1] === import.meta.filename) {
  const found = files(src).flatMap((file) => {
    const from = relative(src, file);
    const text = readFileSync(file, 'utf8');
    const specs = [...text.matchAll(/(?:from\s+|import\s*\(?\s*)['"]([^'"]+)['"]/g)].map((m) => m[1]);
    return specs.flatMap((spec) => {
      const why = violation(from, target(file, spec));
      return why ? [`src/${from}: imports ${spec}: ${why}`] : [];
    });
  });
  found.forEach((line) => console.error(line));
  if (found.length > 0) process.exit(1);
}
