import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { newRouter } from './router';

const folder = join(import.meta.dirname, '../../../docs/screenshots');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const widths = ['phone', 'desk'];

/** `| /staff/people/$id | person |`: the address of a page and the name of its pictures. */
const pictured = new Map(
  [...readme.matchAll(/^\| `(\/[^`]*)` \| `([^`]+)` \|/gm)].map((row) => [row[1]!, row[2]!]),
);

/**
 * Every page is pictured in docs/screenshots at both widths. Seen red: with a route that nobody had pictured, with a
 * picture of one width only, and with a picture that the list does not name.
 */
describe('the screens in docs', () => {
  const router = newRouter(new QueryClient());
  const addresses = Object.values(router.routesByPath as Record<string, { fullPath: string }>)
    .map((route) => route.fullPath.replace(/(?<=.)\/$/, ''))
    .filter((path) => path !== '/dev/gallery');

  it.each([...new Set(addresses)].toSorted())('show %s', (path) => {
    const name = pictured.get(path);
    expect(name, `docs/screenshots/README.md has no line for ${path}`).toBeDefined();
    for (const width of widths) expect(existsSync(join(folder, `${name}-${width}.png`)), width).toBe(true);
  });

  it('are no more than the list names', () => {
    const strays = readdirSync(folder)
      .filter((file) => file.endsWith('.png'))
      .map((file) => file.replace(/(-(phone|desk))?(-(light|dark)-(normal|large))?\.png$/, ''))
      .filter((name) => !readme.includes(`\`${name}\``));
    expect([...new Set(strays)]).toEqual([]);
  });
});
