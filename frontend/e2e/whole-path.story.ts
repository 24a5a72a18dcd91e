import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edition, launch, until, Visitor } from './browser';
import { impostor, lectureVideo } from './videos';
import { workbookText } from './workbook';

/**
 * The whole path on the real stack: a trainer's file becomes a lesson, a learner on a phone watches it and sits an exam
 * with the network cut, the hours reach the ledger, and the auditor opens them down to the seconds.
 */

const stampOf = edition;
const name = `王小满`;
const password = 'zhixing-e2e-口令';
const video = lectureVideo(12);
const filename = video.split('/').at(-1)!;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Id {
  id: string;
}

async function made<T = Id>(visitor: Visitor, path: string, data?: unknown): Promise<T> {
  const { status, body } = await visitor.api<T>('POST', path, data);
  expect(status, `POST ${path}: ${JSON.stringify(body)}`).toBeLessThan(300);
  return body;
}

it('goes from a video file to an audited hour', async () => {
  const trainer = await Visitor.at(browser, 'desk');
  const lesson = await prepareLesson(trainer);
  const examId = await prepareExam(trainer);
  const { learnerId, number, branch } = await preparePeople();

  const learner = await Visitor.at(browser, 'phone');
  await learner.signIn(number, '/', password);
  await watch(learner, lesson);
  await sit(learner, examId);
  await seeHours(learner);

  await audit(learnerId);
  await otherBranch(learnerId, branch);
  await trainer.leave();
  await learner.leave();
}, 1_200_000); // the trainer's file waits behind the videos of a fresh demonstration

/** The trainer uploads in the browser: one real video, and one that only pretends. */
async function prepareLesson(trainer: Visitor): Promise<string> {
  await trainer.signIn('trainer', '/staff/media');
  await trainer.page.getByTestId('upload-input').setInputFiles([video]);
  await trainer.page.getByTestId('upload-input').setInputFiles([impostor]);
  const medium = await until('the video to be ready', () => mediumIn(trainer, filename, 'ready'), 700);
  const rejected = await until(
    'the impostor to be rejected',
    () => mediumIn(trainer, impostor.name, 'rejected'),
    200,
  );
  expect(rejected.reason_messages?.['zh-CN']).toMatch(/视频/);
  await trainer.open(`/staff/media/${medium.id}`);
  await trainer.page.getByText('可以使用').first().waitFor();

  const course = await made<Id & { version: number }>(trainer, '/courses', {
    title: `党课第一讲 ${stampOf}`,
    summary: '全流程验证课程。',
    required: true,
    audience: {},
    teacher_name: '周明远',
  });
  const chapter = await made(trainer, `/courses/${course.id}/chapters`, { title: '总论' });
  const lesson = await made(trainer, `/chapters/${chapter.id}/lessons`, {
    title: '第一讲',
    medium_id: medium.id,
    hours_centi: 100,
    threshold_percent: 90,
    allow_skip: true,
    max_rate_percent: 200,
  });
  await made(trainer, `/courses/${course.id}/publish`);
  return lesson.id;
}

interface Medium extends Id {
  filename: string;
  state: string;
  reason_messages?: Record<string, string>;
}

async function mediumIn(visitor: Visitor, file: string, state: string): Promise<Medium | undefined> {
  const { body } = await visitor.api<{ items: Medium[] }>('GET', `/media?state=${state}`);
  return body.items.find((one) => one.filename === file);
}

async function prepareExam(trainer: Visitor): Promise<string> {
  const bank = await made(trainer, '/banks', { name: `结业考试题库 ${stampOf}` });
  const items: { question_id: string; points_milli: number }[] = [];
  for (let n = 1; n <= 5; n++) {
    const question = await made(trainer, `/banks/${bank.id}/questions`, {
      kind: 'single',
      stem: `党的根本宗旨是什么？（第 ${n} 题）`,
      options: [
        { id: 'A', text: '全心全意为人民服务' },
        { id: 'B', text: '其他' },
      ],
      key: ['A'],
      points_milli: 2000,
      difficulty: 1,
      source: '《中国共产党章程》总纲',
    });
    items.push({ question_id: question.id, points_milli: 2000 });
  }
  const paper = await made(trainer, '/papers', { title: `结业考试试卷 ${stampOf}`, items });
  const now = Date.now();
  const exam = await made(trainer, '/exams', {
    title: `积极分子结业考试 ${stampOf}`,
    paper_id: paper.id,
    opens_at: new Date(now - 60_000).toISOString(),
    closes_at: new Date(now + 3_600_000).toISOString(),
    duration_s: 1800,
    pass_mark_milli: 6000,
    attempts_allowed: 1,
    shuffle_questions: true,
    shuffle_options: true,
    audience: {},
    review: 'after_submit',
    hours_centi: 50,
  });
  await made(trainer, `/exams/${exam.id}/publish`);
  return exam.id;
}

interface Unit extends Id {
  kind: string;
}

/** A learner of one branch; the secretary of another is made at the end. */
async function preparePeople(): Promise<{ learnerId: string; number: string; branch: string }> {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff/people');
  const units = await admin.api<{ items: Unit[] }>('GET', '/units?tree=party');
  const branches = units.body.items.filter((unit) => unit.kind === 'branch');
  const number = `20258${Date.now() % 100_000}`;
  const { items } = await made<{ items: Id[] }>(admin, '/people', {
    people: [
      {
        number,
        name,
        kind: 'student',
        party_unit_id: branches[0]!.id,
        stage: 'activist',
        from: '2026-01-01',
        password,
      },
    ],
  });
  const other = `20257${Date.now() % 100_000}`;
  const secretary = await made<{ items: Id[] }>(admin, '/people', {
    people: [{ number: other, name: '外支部书记', kind: 'staff', party_unit_id: branches[1]!.id, password }],
  });
  await made(admin, `/people/${secretary.items[0]!.id}/grants`, {
    role: 'secretary',
    unit_id: branches[1]!.id,
    reason: '全流程验证',
  });
  await admin.leave();
  return { learnerId: items[0]!.id, number, branch: other };
}

interface LearningRecord {
  credited_ms: number;
  completed_at?: string | null;
}

/** A jump to the end earns nothing; watching earns the lesson. */
async function watch(learner: Visitor, lesson: string): Promise<void> {
  const record = async () => (await learner.api<LearningRecord>('GET', `/learning/lessons/${lesson}`)).body;
  await learner.open(`/lessons/${lesson}`);
  const { page } = learner;
  await page.getByTestId('play').click();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3);
  await page.evaluate(() => {
    const element = document.querySelector('video')!;
    element.currentTime = element.duration - 0.8;
  });
  await page.waitForFunction(() => document.querySelector('video')?.ended === true);
  await until('the report of the jump', async () => (await record()).credited_ms > 0);
  const jumped = await record();
  expect(jumped.completed_at ?? null).toBeNull();
  expect(jumped.credited_ms).toBeLessThan(6000);
  await page.getByTestId('not-counted').getByText('跳过了，没有观看，不计入').waitFor();
  await learner.shot('lesson-jumped-phone');

  await page.evaluate(() => {
    const element = document.querySelector('video')!;
    element.currentTime = 0;
    void element.play();
  });
  await page.getByTestId('completed').waitFor({ timeout: 60_000 });
  expect((await record()).completed_at).toBeTruthy();
  await learner.shot('lesson-completed-phone');
}

/** The network is cut for 20 s in the middle, the tab is reloaded, and no answer is lost or shown as saved too early. */
async function sit(learner: Visitor, examId: string): Promise<void> {
  const { page } = learner;
  await learner.open(`/exams/${examId}`);
  await learner.shot('exam-entrance-phone');
  await page.getByTestId('start-exam').click();
  await page.waitForURL('**/attempts/*');
  const badge = page.locator('[data-testid="save-badge"]:visible').first();
  const answer = () =>
    page.locator('[data-testid="option"]:visible', { hasText: '全心全意为人民服务' }).first().click();
  const saved = () =>
    page
      .locator('[data-testid="save-badge"][data-status="saved"]:visible')
      .first()
      .waitFor({ timeout: 30_000 });

  await answer();
  await saved();
  await learner.shot('exam-answering-phone', false);
  learner.expected.push('ERR_INTERNET_DISCONNECTED', 'Failed to load resource');
  await learner.context.setOffline(true);
  const back = Date.now() + 20_000;
  for (const _ of [2, 3]) {
    await page.getByTestId('next').click();
    await answer();
    await page.locator('[data-testid="save-badge"][data-status="local"]:visible').first().waitFor();
  }
  expect(await badge.getAttribute('data-status')).not.toBe('saved');
  await learner.shot('exam-offline-phone', false);
  await page.waitForFunction((end) => Date.now() > end, back, { timeout: 30_000 });
  await learner.context.setOffline(false);
  await page.reload();
  // Through all questions by the answer card: what was answered is there and reaches the server.
  for (let n = 0; n < 5; n++) {
    await page.getByTestId('open-card').click();
    await page.locator('[data-testid="card-cell"]:visible').nth(n).click();
    const chosen = page.locator('[data-testid="option"][data-checked="true"]:visible');
    if (n < 3) expect(await chosen.count(), `answer ${n + 1} after the reload`).toBe(1);
    else await answer();
    await saved();
  }
  await page.getByTestId('submit').click();
  await page.getByTestId('submit-confirm').click();
  const attempt = await until('the grade', async () => {
    const { body } = await learner.api<{ attempt?: { id: string; score_milli?: number } }>(
      'GET',
      `/my-exams/${examId}`,
    );
    return body.attempt?.score_milli === 10_000 && body.attempt;
  });
  await learner.open(`/attempts/${attempt.id}/review`);
  await page.getByTestId('score').waitFor();
  expect(await page.getByTestId('score').getAttribute('data-score')).toBe('10000');
  await learner.shot('exam-result-phone');
}

async function seeHours(learner: Visitor): Promise<void> {
  await until('the hours', async () => {
    const { body } = await learner.api<{ events: { amount_centi: number }[] }>('GET', '/my-hours');
    return (
      body.events.length === 2 && body.events.reduce((sum, event) => sum + event.amount_centi, 0) === 150
    );
  });
  await learner.open('/me/hours');
  await learner.page.getByText('第一讲').first().waitFor();
  await learner.shot('my-hours-earned-phone');
}

/** From the table to the person to the entry to the spans, and out as a workbook. */
async function audit(learnerId: string): Promise<void> {
  const auditor = await Visitor.at(browser, 'desk');
  await auditor.signIn('auditor', `/staff/hours?q=${encodeURIComponent(name)}`);
  const { page } = auditor;
  await page.getByRole('link', { name }).first().click();
  await page.waitForURL(`**/staff/hours/people/${learnerId}**`);
  await page
    .getByRole('link', { name: /第一讲/ })
    .first()
    .click();
  await page.getByTestId('lesson-evidence').waitFor();
  await auditor.shot('audit-evidence-desk');
  expect(await page.getByTestId('lesson-evidence').locator('tbody tr').count()).toBeGreaterThan(0);

  await auditor.open(`/staff/hours?q=${encodeURIComponent(name)}`);
  await page.getByRole('button', { name: '导出筛选结果' }).first().click();
  await page.getByRole('dialog').getByRole('textbox').fill('年度审核');
  await page.getByRole('button', { name: '开始导出' }).click();
  await page.waitForURL('**/staff/exports');
  const link = page.getByTestId('export').first().getByRole('link', { name: '下载' });
  await link.waitFor({ timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toMatch(/\.xlsx$/);
  const workbook = workbookText(await download.path());
  for (const said of [name, '<v>1.5</v>']) expect(workbook).toContain(said);
  await auditor.leave();
}

async function otherBranch(learnerId: string, number: string): Promise<void> {
  const other = await Visitor.at(browser, 'desk');
  await other.signIn(number, '/staff/hours', password);
  const { status } = await other.api('GET', `/hours/people/${learnerId}`);
  expect(status).toBe(404);
  other.expected.push('404');
  await other.open(`/staff/hours/people/${learnerId}`);
  await other.page.getByText('没有找到').first().waitFor();
  await other.leave();
}
