import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, shotsDir, type Width } from './browser';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let server: ViteDevServer;
let browser: Browser;

/** The gallery is left out of released builds, so it is shot from a development server. */
beforeAll(async () => {
  server = await createServer({
    root: join(import.meta.dirname, '..'),
    server: { port: 0, host: '127.0.0.1' },
    logLevel: 'error',
  });
  await server.listen();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

interface AxeResult {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

async function shoot(width: Width, theme: 'light' | 'dark', text: 'normal' | 'large') {
  const context = await browser.newContext({
    viewport: width === 'phone' ? { width: 375, height: 812 } : { width: 1440, height: 900 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(new URL(`/dev/gallery?theme=${theme}&text=${text}`, server.resolvedUrls!.local[0]).href);
  // The table that fails has asked twice more before it says so.
  await page.getByTestId('sample-table-error').getByRole('alert').waitFor({ timeout: 60_000 });
  await page.getByTestId('sample-table').getByText('阿依古丽·买买提').waitFor();
  const samples = await page.locator('[data-testid^=sample-]').evaluateAll((all) =>
    all.map((one) => ({
      id: one.dataset.testid,
      height: one.clientHeight,
      out: one.scrollWidth - one.clientWidth,
    })),
  );
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResult> } }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    }),
  );
  const picture = await page.screenshot({
    fullPage: true,
    path: join(shotsDir, `gallery-${width}-${theme}-${text}.png`),
  });
  await context.close();
  const faults = result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`),
  );
  return { samples, wider, faults, errors, picture };
}

describe.each(['phone', 'desk'] as const)('the gallery on a %s', (width) => {
  it.each([
    ['light', 'normal'],
    ['dark', 'normal'],
    ['light', 'large'],
  ] as const)('draws every sample, in bounds and readable: %s, %s type', async (theme, text) => {
    const { samples, wider, faults, errors, picture } = await shoot(width, theme, text);
    expect(errors).toEqual([]);
    expect(samples.length).toBeGreaterThanOrEqual(29);
    expect(samples.filter((one) => one.height < 16 || one.out > 1)).toEqual([]);
    expect(wider).toBe(0);
    expect(faults).toEqual([]);
    expect(picture.length).toBeGreaterThan(50_000);
  });
});
