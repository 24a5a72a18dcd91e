// Measures what a learner on a phone waits for, in a cold browser on a simulated fast 4G line
// (the figures of Chrome's developer tools: 9 Mbit/s down, 1.35 Mbit/s up, 165 ms): the largest
// paint of the home page, and the first frame of a video after it was opened and after play was pressed.
// Beside each stands the same with the line as it is. Wants ZHIXING_TEST_URL of a server with
// demonstration data whose videos are ready.
import { chromium } from 'playwright-core';

const base = process.env.ZHIXING_TEST_URL;
if (!base) throw new Error('ZHIXING_TEST_URL is not set: run it with make bench');
const RUNS = Number(process.env.RUNS ?? 7);
const FAST_4G = { offline: false, downloadThroughput: 9e6 / 8, uploadThroughput: 1.35e6 / 8, latency: 165 };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--autoplay-policy=no-user-gesture-required'],
});

/** Opens the path as the demonstration's learner with nothing cached, and measures. */
async function visit(path, line, measure) {
  const context = await browser.newContext({
    viewport: { width: 375, height: 812 },
    isMobile: true,
    hasTouch: true,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  });
  try {
    const reply = await context.request.post(new URL('/api/v1/session', base).href, {
      headers: { 'X-Zhixing': '1' },
      data: { number: 'learner', password: 'zhixing-demo', device_id: 'vitals' },
    });
    if (!reply.ok()) throw new Error(`sign in: ${reply.status()}`);
    const page = await context.newPage();
    await page.addInitScript(() => {
      globalThis.largestPaint = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) globalThis.largestPaint = entry.startTime;
      }).observe({ type: 'largest-contentful-paint', buffered: true });
    });
    if (line) {
      const cdp = await context.newCDPSession(page);
      await cdp.send('Network.enable');
      await cdp.send('Network.emulateNetworkConditions', line);
    }
    await page.goto(new URL(path, base).href, { waitUntil: 'commit' });
    return await measure(page);
  } finally {
    await context.close();
  }
}

async function largestPaint(page) {
  await page.waitForLoadState('networkidle');
  const at = await page.evaluate(() => globalThis.largestPaint);
  if (!(at > 0)) throw new Error('nothing was painted');
  return { lcp: at };
}

async function firstFrame(page) {
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2, undefined, {
    polling: 10,
  });
  const shown = await page.evaluate(() => performance.now());
  const played = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const video = document.querySelector('video');
        const began = performance.now();
        video.requestVideoFrameCallback(() => resolve(performance.now() - began));
        void video.play();
      }),
  );
  return { opened: shown, pressed: played };
}

async function lessonPath() {
  const context = await browser.newContext();
  const ask = async (path) => (await context.request.get(new URL(`/api/v1${path}`, base).href)).json();
  await context.request.post(new URL('/api/v1/session', base).href, {
    headers: { 'X-Zhixing': '1' },
    data: { number: 'learner', password: 'zhixing-demo', device_id: 'vitals' },
  });
  const { items } = await ask('/catalogue?limit=1');
  const { chapters } = await ask(`/catalogue/${items[0].id}`);
  await context.close();
  return `/lessons/${chapters[0].lessons[0].id}`;
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

async function series(name, path, key, measure, limit) {
  const figure = {};
  for (const [line, settings] of Object.entries({ fast4G: FAST_4G, bare: undefined })) {
    const times = [];
    for (let i = 0; i < RUNS; i += 1) times.push((await visit(path, settings, measure))[key]);
    figure[line] = { median: median(times), most: Math.max(...times) };
  }
  const { fast4G, bare } = figure;
  console.log(
    `${name.padEnd(44)} ${fast4G.median.toFixed(0).padStart(6)} ms, most ${fast4G.most.toFixed(0).padStart(6)} ms; ` +
      `${(fast4G.median / bare.median).toFixed(2)} x the bare line's ${bare.median.toFixed(0)} ms; target ${limit}`,
  );
}

try {
  const lesson = await lessonPath();
  console.log(`${RUNS} cold visits each at 375 px, fast 4G`);
  await series('largest paint of the home page', '/', 'lcp', largestPaint, '<= 1500 ms');
  await series('first frame, from opening the lesson', lesson, 'opened', firstFrame, '-');
  await series('first frame, from pressing play', lesson, 'pressed', firstFrame, '<= 1000 ms');
} finally {
  await browser.close();
}
