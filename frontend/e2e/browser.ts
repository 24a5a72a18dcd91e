import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';

const base = process.env.ZHIXING_TEST_URL;
if (!base) throw new Error('ZHIXING_TEST_URL is not set: run the stories with make e2e');

export const url = (path: string) => new URL(path, base).href;

/** Where screenshots of the pages go: docs/screenshots when SHOTS is set, else a scratch folder. */
export const shotsDir = process.env.SHOTS
  ? join(import.meta.dirname, '../../docs/screenshots')
  : join(import.meta.dirname, '../../.test/screenshots');

/** Longer pages are cut off here: a list goes on as it began. */
const HIGHEST = 2400;

/** A number that tells the things of one run from those of another, as officials count: 第 417 期. */
export const edition = `第 ${100 + (Math.floor(Date.now() / 1000) % 900)} 期`;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--lang=zh-CN',
  '--autoplay-policy=no-user-gesture-required',
];

export async function launch(): Promise<Browser> {
  mkdirSync(shotsDir, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

export type Width = 'phone' | 'desk';

/** Someone at a device: a context of his own, in which every console error and failed script is collected. */
export class Visitor {
  readonly errors: string[] = [];
  /** Substrings of console messages that the story itself provokes, such as a request while the network is cut. */
  readonly expected: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  static async at(browser: Browser, width: Width, dark = false): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: width === 'phone' ? { width: 375, height: 812 } : { width: 1440, height: 900 },
      deviceScaleFactor: 1,
      isMobile: width === 'phone',
      hasTouch: width === 'phone',
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      colorScheme: dark ? 'dark' : 'light',
    });
    context.setDefaultTimeout(20_000);
    return new Visitor(context, await context.newPage());
  }

  async open(path: string): Promise<void> {
    await this.page.goto(url(path), { waitUntil: 'domcontentloaded' });
  }

  /** Signs in through the API of the page's own origin and opens the path. */
  async signIn(number: string, path = '/', password = 'zhixing-demo'): Promise<void> {
    const reply = await this.context.request.post(url('/api/v1/session'), {
      headers: { 'X-Zhixing': '1' },
      data: { number, password, device_id: `e2e-${number}` },
    });
    expect(reply.status(), await reply.text()).toBe(200);
    await this.open(path);
  }

  /** Asks the API as this visitor. */
  async api<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    data?: unknown,
  ): Promise<{ status: number; body: T }> {
    const reply = await this.context.request.fetch(url(`/api/v1${path}`), {
      method,
      headers: { 'X-Zhixing': '1' },
      data: data as object,
    });
    const text = await reply.text();
    return { status: reply.status(), body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  /**
   * A picture of the page; of all of it unless told otherwise. The window is made as high as the page for it, so that
   * bars which stay at its edge lie at the end of the picture and pictures further down are loaded.
   */
  async shot(name: string, fullPage = true): Promise<void> {
    await this.settle();
    const path = join(shotsDir, `${name}.png`);
    const size = this.page.viewportSize()!;
    const height = fullPage ? await this.page.evaluate(() => document.documentElement.scrollHeight) : 0;
    if (height > size.height) {
      await this.page.setViewportSize({ width: size.width, height: Math.min(height, HIGHEST) });
      await this.settle();
    }
    await this.page.screenshot({ path, animations: 'disabled' });
    if (height > size.height) await this.page.setViewportSize(size);
  }

  /** Waits until nothing loads and no skeleton is left. */
  async settle(): Promise<void> {
    await this.page.waitForLoadState('networkidle').catch(() => undefined);
    await this.page
      .waitForFunction(
        () => document.querySelectorAll('[aria-busy="true"],[class*="skeleton"]').length === 0,
        undefined,
        { timeout: 8_000 },
      )
      .catch(() => undefined);
    await this.page.evaluate(async () => {
      await document.fonts.ready;
      // A drawer that still slides in is not the page as people see it.
      const ends = document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => undefined));
      await Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, 2000))]);
    });
  }

  /** Serious and critical findings of axe on the page as it stands. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(axeSource);
    const found = await this.page.evaluate(async () => {
      const { violations } = await (
        globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: Finding[] }> } }
      ).axe.run({ resultTypes: ['violations'] });
      return violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.slice(0, 3).map((node) => node.html),
      }));
    });
    return found
      .filter((one) => one.impact === 'serious' || one.impact === 'critical')
      .map((one) => `${one.id}: ${one.nodes.join(' | ')}`);
  }

  /** Whether something sticks out of the screen sideways. */
  async overflow(): Promise<number> {
    return this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }

  /** No console error but the expected ones; then the visitor goes home. */
  async leave(): Promise<void> {
    const rest = this.errors.filter((error) => !this.expected.some((part) => error.includes(part)));
    await this.context.close();
    expect(rest).toEqual([]);
  }
}

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Asks again until the answer is there; the story's time limit ends it. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  seconds = 120,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Waits until the demonstration is whole: its videos play and the exam that ends soon after its start is over. */
export async function demonstration(browser: Browser): Promise<void> {
  const learner = await Visitor.at(browser, 'desk');
  await learner.signIn('learner', '/me');
  await until(
    'the videos and the end of the first exam',
    async () => {
      const courses = await learner.api<{ items: unknown[] }>('GET', '/catalogue');
      const exams = await learner.api<{ items: { phase: string }[] }>('GET', '/my-exams');
      return courses.body.items.length >= 3 && exams.body.items.some((exam) => exam.phase === 'closed');
    },
    900,
  );
  await learner.context.close();
}
