import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, until, Visitor, type Width } from './browser';
import { hallPassword, made, makeExam, makeLearner, options, stems, type Id } from './hall';

/**
 * A result put right afterwards, on the real stack: a key corrected with a dry run, late answers included by two
 * persons, an attempt voided. The learner reads why; the hours follow.
 */

const number = `20259${Date.now() % 100_000}`;
const name = '白玛·次仁';

let browser: Browser;
let trainer: Visitor;
let learner: Visitor;
let learnerId: string;

beforeAll(async () => {
  browser = await launch();
  learnerId = await makeLearner(browser, number, name);
  trainer = await Visitor.at(browser, 'desk');
  await trainer.signIn('trainer', '/staff/exams');
  learner = await Visitor.at(browser, 'phone');
  await learner.signIn(number, '/exams', hallPassword);
});
afterAll(async () => {
  await trainer?.leave();
  await learner?.leave();
  await browser?.close();
});

interface Attempt extends Id {
  epoch: number;
  items: { id: string; stem: string; options: { id: string; text: string }[] }[];
}

const start = (examId: string) => made<Attempt>(learner, `/exams/${examId}/start`, { device_id: 'e2e' });

/** Saves an option for each question by its place in the paper's own order; -1 leaves it out. */
async function answer(attempt: Attempt, choices: number[]) {
  const operations = attempt.items.flatMap((item, index) => {
    const choice = choices[index] ?? -1;
    const text = options[stems.indexOf(item.stem)]?.[choice];
    const value = item.options.filter((option) => option.text === text).map((option) => option.id);
    return value.length > 0 ? [{ op_id: randomUUID(), item: item.id, seq: index + 1, value }] : [];
  });
  return made<{ saved: string[]; sealed: string[] }>(learner, `/attempts/${attempt.id}/answers`, {
    epoch: attempt.epoch,
    operations,
  });
}

interface Review {
  state: string;
  score_milli: number | null;
  passed: boolean | null;
  cause?: string;
}

const reviewed = (attempt: Attempt, score: number) =>
  until(`a score of ${score}`, async () => {
    const { body } = await learner.api<Review>('GET', `/attempts/${attempt.id}/review`);
    return body.score_milli === score && body;
  });

/** The page as somebody sees it at that width: a screenshot, no finding of axe, nothing wider than the screen. */
async function look(who: Visitor, path: string, shot: string, width: Width): Promise<void> {
  const visitor = who.page.viewportSize()?.width === (width === 'phone' ? 375 : 1440) ? who : undefined;
  if (!visitor) await who.page.setViewportSize({ width: width === 'phone' ? 375 : 1440, height: 900 });
  if (path) await who.open(path);
  await who.shot(`${shot}-${width}`);
  expect(await who.axe(), `${shot}-${width}`).toEqual([]);
  expect(await who.overflow(), `${shot}-${width} is too wide`).toBe(0);
  if (!visitor) await who.page.setViewportSize({ width: width === 'phone' ? 1440 : 375, height: 900 });
}

it('corrects a key: dry run, apply, the learner sees it and the hours follow', async () => {
  const examId = await makeExam(trainer, '预备期知识测试', 3600);
  const attempt = await start(examId);
  await answer(attempt, [0, 1, 1]);
  await made(learner, `/attempts/${attempt.id}/submit`, { epoch: attempt.epoch });
  expect((await reviewed(attempt, 4000)).passed).toBe(false);

  await trainer.open(`/staff/exams/${examId}`);
  const { page } = trainer;
  await page.getByRole('link', { name: '重新判分' }).click();
  await page.getByTestId('correction').first().waitFor();
  await page.getByRole('combobox', { name: '第 3 题 判分方式' }).click();
  await page.getByTitle('改答案').last().click();
  const third = page.locator('[data-testid=correction][data-number="3"]');
  await third.getByLabel('半年').uncheck();
  await third.getByLabel('一年').check();
  await page.getByTestId('try').click();
  await page.getByTestId('preview').waitFor();
  await page.getByText(name).waitFor();
  await look(trainer, '', 'regrade', 'desk');
  await look(trainer, '', 'regrade', 'phone');
  expect((await reviewed(attempt, 4000)).cause).toBe('first');

  await page.getByTestId('apply').click();
  await page.getByRole('dialog').getByRole('textbox').fill('第 3 题答案应为“一年”');
  await page.getByRole('dialog').getByRole('button', { name: '应用重新判分' }).click();
  await page.waitForURL(`**/staff/exams/${examId}`);
  await page.locator('[data-testid=regrade][data-state=done]').waitFor();
  await trainer.shot('exam-regraded-desk', false);

  expect((await reviewed(attempt, 8000)).passed).toBe(true);
  await learner.open(`/attempts/${attempt.id}/review`);
  await learner.page.getByTestId('graded-again').waitFor();
  expect(await learner.page.getByTestId('item-corrected').count()).toBe(1);
  await look(learner, '', 'result-regraded', 'phone');
  await look(learner, '', 'result-regraded', 'desk');

  await until('the hours', async () => {
    const { body } = await learner.api<{ events: { amount_centi: number }[] }>('GET', '/my-hours');
    return body.events.reduce((sum, event) => sum + event.amount_centi, 0) === 50;
  });
  const auditor = await Visitor.at(browser, 'desk');
  await auditor.signIn('auditor', `/staff/hours/people/${learnerId}`);
  await auditor.page
    .getByRole('link', { name: /预备期知识测试/ })
    .first()
    .click();
  await auditor.page.waitForURL('**/staff/hours/events/**');
  await auditor.page.getByText('考试证据').waitFor();
  await auditor.open(`/staff/attempts/${attempt.id}`);
  await auditor.page.getByTestId('grade').first().waitFor();
  expect(await auditor.page.getByTestId('grade').count()).toBe(2);
  await look(auditor, '', 'attempt-grades', 'desk');
  await auditor.leave();

  await trainer.open(`/staff/exams/${examId}`);
  await trainer.page.getByTestId('undo-regrade').click();
  await trainer.page.getByRole('dialog').getByRole('textbox').fill('复核后恢复');
  await trainer.page.getByRole('dialog').getByRole('button', { name: '撤销' }).click();
  expect((await reviewed(attempt, 4000)).passed).toBe(false);
  await until('the hours to be taken back', async () => {
    const { body } = await learner.api<{ events: { amount_centi: number }[] }>('GET', '/my-hours');
    return body.events.reduce((sum, event) => sum + event.amount_centi, 0) === 0;
  });
});

it('includes late answers by two persons', async () => {
  const examId = await makeExam(trainer, '断网补录测试', 6);
  const attempt = await start(examId);
  await answer(attempt, [0, -1, -1]);
  await until('the clock to end it', async () => {
    const { body } = await learner.api<{ state: string }>('GET', `/attempts/${attempt.id}?device_id=e2e`);
    return body.state !== 'in_progress';
  });
  const late = await answer(attempt, [-1, 0, 0]);
  expect(late.sealed).toHaveLength(2);
  await reviewed(attempt, 4000);

  const address = `/staff/attempts/${attempt.id}`;
  await trainer.open(address);
  const { page } = trainer;
  await page.getByTestId('late-answer').first().waitFor();
  expect(await page.getByTestId('late-answer').count()).toBe(2);
  await look(trainer, '', 'attempt-late', 'desk');
  await look(trainer, '', 'attempt-late', 'phone');
  await page.getByTestId('propose-late').click();
  await page.getByRole('dialog').getByRole('textbox').fill('机房断网十分钟，监考已签字记录');
  await page.getByRole('dialog').getByRole('button', { name: '提出计入' }).click();
  await page.getByTestId('proposal-open').waitFor();
  expect(await page.getByTestId('approve-late').count(), 'the proposer does not approve').toBe(0);

  const auditor = await Visitor.at(browser, 'desk');
  await auditor.signIn('auditor', '/staff/late-answers?state=open');
  await auditor.page.getByRole('link', { name: new RegExp(name) }).waitFor();
  await look(auditor, '', 'late-answers', 'desk');
  await look(auditor, '', 'late-answers', 'phone');
  await auditor.page.getByRole('link', { name: new RegExp(name) }).click();
  await auditor.page.getByTestId('approve-late').click();
  await auditor.page.getByRole('dialog').getByRole('textbox').fill('核对监考记录属实');
  await auditor.shot('late-approve-desk', false);
  await auditor.page.getByRole('dialog').getByRole('button', { name: '核准计入' }).click();
  await auditor.page.getByTestId('proposal-approved').waitFor();
  await look(auditor, '', 'late-included', 'desk');
  await auditor.leave();

  const review = await reviewed(attempt, 12_000);
  expect(review.cause).toBe('late_included');
  await learner.open(`/attempts/${attempt.id}/review`);
  await learner.page.getByTestId('graded-again').waitFor();
  await look(learner, '', 'result-late', 'phone');
});

it('voids an attempt, and the learner reads why', async () => {
  const examId = await makeExam(trainer, '作废演练测试', 3600);
  const attempt = await start(examId);
  await answer(attempt, [0, 0, 0]);
  await made(learner, `/attempts/${attempt.id}/submit`, { epoch: attempt.epoch });
  await reviewed(attempt, 12_000);
  await trainer.open(`/staff/attempts/${attempt.id}`);
  const { page } = trainer;
  await page.getByTestId('void-attempt').click();
  await page.getByRole('dialog').getByRole('textbox').fill('考试用机故障，题目显示不全');
  await trainer.shot('attempt-void-desk', false);
  await page.getByRole('dialog').getByRole('button', { name: '作废本次作答' }).click();
  await page.getByText('作废，理由').waitFor();
  await learner.open(`/attempts/${attempt.id}/review`);
  await learner.page.getByTestId('voided').waitFor();
  await learner.page.getByText('考试用机故障').waitFor();
  await look(learner, '', 'result-voided', 'phone');
  const again = await start(examId);
  expect(again.id).not.toBe(attempt.id);
  await learner.open('/exams');
  await look(learner, '', 'exams-after-void', 'phone');
});
