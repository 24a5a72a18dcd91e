import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edition, launch, shotsDir, until, url, Visitor } from './browser';

/**
 * Presence checks in the player, offline hours from the branch to the ledger, and the API's document: what a person sees,
 * at the width he sees it, without a console error.
 */

const stampOf = edition;
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Id {
  id: string;
  version: number;
}

async function made<T = Id>(visitor: Visitor, path: string, data?: unknown): Promise<T> {
  const { status, body } = await visitor.api<T>('POST', path, data);
  expect(status, `POST ${path}: ${JSON.stringify(body)}`).toBeLessThan(300);
  return body;
}

const shot = (visitor: Visitor, name: string) =>
  visitor.page.screenshot({ path: `${shotsDir}/${name}.png`, fullPage: true, animations: 'disabled' });

/** A course that asks every minute, of any video there is. */
async function askingLesson(trainer: Visitor): Promise<string> {
  const medium = await until(
    'a video that plays',
    async () => (await trainer.api<{ items: Id[] }>('GET', '/media?state=ready')).body.items[0],
    600,
  );
  const course = await made(trainer, '/courses', {
    title: `纪律教育专题 ${stampOf}`,
    required: false,
    audience: {},
    presence: { every_min: 1, answer_s: 60, ask: 'sum', on_miss: 'pause' },
  });
  const chapter = await made(trainer, `/courses/${course.id}/chapters`, { title: '第一章' });
  const lesson = await made(trainer, `/chapters/${chapter.id}/lessons`, {
    title: '六项纪律怎么守',
    medium_id: medium.id,
    hours_centi: 100,
    threshold_percent: 90,
    allow_skip: true,
    max_rate_percent: 100,
  });
  await made(trainer, `/courses/${course.id}/publish`);
  return lesson.id;
}

it('asks whether somebody is there, and goes on when he is', async () => {
  const trainer = await Visitor.at(browser, 'desk');
  await trainer.signIn('trainer', '/staff/courses');
  const lesson = await askingLesson(trainer);

  const learner = await Visitor.at(browser, 'phone');
  await learner.signIn('learner', `/lessons/${lesson}`);
  const { page } = learner;
  const check = page.getByTestId('presence-check');
  const options = page.getByTestId('presence-option');
  const answer = async (right: boolean) => {
    await page.locator('[data-testid=presence-check][data-phase=shown]').waitFor({ timeout: 150_000 });
    const [a = 0, b = 0] = ((await check.textContent()) ?? '').match(/\d+/g)?.map(Number) ?? [];
    const texts = await options.allTextContents();
    const at = texts.findIndex((text) => (Number(text) === a + b) === right);
    await options.nth(at).press('Enter');
  };
  await page.getByTestId('play').click();
  // The videos of the demonstration are shorter than the minute: the beginning is played again and again.
  await page.evaluate(() => {
    const video = document.querySelector('video')!;
    setInterval(() => {
      if (video.currentTime > 12) video.currentTime = 0;
    }, 250);
  });
  await check.waitFor({ timeout: 150_000 });
  await page.locator('[data-testid=presence-check][data-phase=shown]').waitFor();
  expect(await page.evaluate(() => document.querySelector('video')?.paused)).toBe(true);
  expect(
    await page.evaluate(() => document.activeElement?.closest('[data-testid=presence-check]') !== null),
  ).toBe(true);
  await shot(learner, 'presence-check-phone');
  await page.evaluate(() => document.documentElement.setAttribute('data-text', 'large'));
  await shot(learner, 'presence-check-large-phone');
  await page.evaluate(() => document.documentElement.removeAttribute('data-text'));
  await answer(false);
  await page.getByTestId('presence-missed').waitFor();
  await shot(learner, 'presence-missed-phone');
  await page.getByTestId('presence-resume').click();
  await answer(true);
  await until(
    'the video to go on',
    () => page.evaluate(() => document.querySelector('video')?.paused === false),
    30,
  );
  expect(await page.getByTestId('presence-check').count()).toBe(0);
  expect(learner.errors).toEqual([]);

  await trainer.open('/staff/courses');
  await trainer.page.getByText(`纪律教育专题 ${stampOf}`).first().click();
  await trainer.page
    .getByRole('button', { name: '课程信息' })
    .or(trainer.page.getByText('修改'))
    .first()
    .click();
  await trainer.page.getByText('多久确认一次').scrollIntoViewIfNeeded();
  await shot(trainer, 'course-presence-desk');
  await trainer.leave();
  await learner.leave();
}, 1_200_000);

it('brings offline hours from the branch to the ledger', async () => {
  const secretary = await Visitor.at(browser, 'desk');
  await secretary.signIn('secretary', '/staff/hour-batches');
  const { body: people } = await secretary.api<{ items: { number: string }[] }>('GET', '/people?limit=5');
  const { body: settings } = await secretary.api<{ server_now: string }>('GET', '/settings');
  const day = new Date(Date.parse(settings.server_now) - 86_400_000).toISOString().slice(0, 10);
  await secretary.page.getByTestId('batch-add').click();
  await secretary.page.getByText('人员名单').waitFor();
  await shot(secretary, 'hour-batch-drawer-desk');
  const me = await secretary.api<{ person: { number: string } }>('GET', '/session');
  const batch = await made(secretary, '/hour-batches', {
    title: `党务干部培训班 ${stampOf}`,
    document_no: '党校〔2026〕7 号',
    document_on: day,
    organiser: '学院党校',
    source: 'offline_training',
    starts_on: day,
    ends_on: day,
    required: true,
    people: people.items
      .filter((one) => one.number !== me.body.person.number)
      .slice(0, 3)
      .map(({ number }) => ({ number, amount_centi: 400 })),
  });
  const uploaded = await secretary.context.request.post(
    url(`/api/v1/hour-batches/${batch.id}/file?name=${encodeURIComponent('签到表.pdf')}`),
    { headers: { 'X-Zhixing': '1' }, data: Buffer.from('%PDF-1.7 签到表') },
  );
  expect(uploaded.status()).toBe(200);
  await secretary.open(`/staff/hour-batches/${batch.id}`);
  await secretary.page.getByTestId('batch-submit').click();
  await secretary.page.getByRole('dialog').getByRole('button', { name: '报送审核' }).click();
  await secretary.page.getByText('待审核').first().waitFor();
  await secretary.open('/staff/hour-batches');
  await secretary.page.getByText(`党务干部培训班 ${stampOf}`).first().waitFor();
  await shot(secretary, 'hour-batches-desk');

  const auditor = await Visitor.at(browser, 'desk');
  await auditor.signIn('auditor', `/staff/hour-batches/${batch.id}`);
  await auditor.page.getByTestId('batch-approve').click();
  await auditor.page.getByRole('dialog').getByRole('button', { name: '审核通过' }).click();
  await auditor.page.getByText('已通过').first().waitFor();
  await shot(auditor, 'hour-batch-desk');
  const { body: approved } = await auditor.api<{ people: { event_id: string }[] }>(
    'GET',
    `/hour-batches/${batch.id}`,
  );
  await auditor.open(`/staff/hours/events/${approved.people[0]!.event_id}`);
  await auditor.page.getByText('查看登记与名单').waitFor();
  await shot(auditor, 'hour-event-batch-desk');
  const phone = await Visitor.at(browser, 'phone');
  await phone.signIn('auditor', '/staff/hour-batches');
  await phone.page.getByText(`党务干部培训班 ${stampOf}`).first().waitFor();
  await shot(phone, 'hour-batches-phone');
  await phone.open(`/staff/hour-batches/${batch.id}`);
  await phone.page.getByTestId('batch-reverse').waitFor();
  await shot(phone, 'hour-batch-phone');
  for (const visitor of [secretary, auditor, phone]) {
    expect(visitor.errors).toEqual([]);
    await visitor.leave();
  }
}, 300_000);

it('shows the operations of the API without a word from outside', async () => {
  for (const width of ['desk', 'phone'] as const) {
    const visitor = await Visitor.at(browser, width);
    await visitor.open('/api/docs');
    await visitor.page.locator('#openPlay summary').click();
    await visitor.page.getByText('/api/v1/lessons/{id}/plays').first().waitFor();
    expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await visitor.page.screenshot({ path: `${shotsDir}/api-docs-${width}.png` });
    expect(visitor.errors).toEqual([]);
    await visitor.leave();
  }
}, 60_000);
