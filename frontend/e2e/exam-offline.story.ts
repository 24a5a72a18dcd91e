import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, until, Visitor } from './browser';
import { hallPassword, makeExam, makeLearner } from './hall';

/** An exam on a phone whose network goes after the first question and comes back after the paper was handed in. */

const number = `20257${Date.now() % 100_000}`;

let browser: Browser;
let trainer: Visitor;
beforeAll(async () => {
  browser = await launch();
  await makeLearner(browser, number, '古丽娜尔·阿不都热西提');
  trainer = await Visitor.at(browser, 'desk');
  await trainer.signIn('trainer', '/staff/exams');
});
afterAll(async () => {
  await trainer?.leave();
  await browser?.close();
});

it('is finished without a network and arrives by itself', { timeout: 180_000 }, async () => {
  const examId = await makeExam(trainer, '断网交卷测试', 3600);
  const learner = await Visitor.at(browser, 'phone');
  learner.expected.push('ERR_INTERNET_DISCONNECTED', 'Failed to load resource');
  await learner.signIn(number, `/exams/${examId}`, hallPassword);
  const { page } = learner;
  await page.getByTestId('start-exam').click();
  await page.waitForURL('**/attempts/*');
  const answer = async (badge: 'saved' | 'local') => {
    await page.locator('[data-testid="option"]:visible').first().click();
    await page.locator(`[data-testid="save-badge"][data-status="${badge}"]:visible`).waitFor();
  };
  await answer('saved');

  await learner.context.setOffline(true);
  for (let question = 2; question <= 3; question++) {
    await page.getByTestId('next').click();
    await answer('local');
  }
  // What is not on the server is said before the paper is handed in, and while it waits for the network.
  await page.getByTestId('submit').click();
  expect(await page.getByTestId('submit-unsynced').innerText()).toContain('2');
  await page.getByTestId('submit-confirm').click();
  await page.getByText('等待网络').waitFor();
  await learner.shot('exam-submit-offline-phone', false);
  expect(await learner.axe()).toEqual([]);
  const state = async () => {
    const { body } = await trainer.api<{ items: { state: string }[] }>(
      'GET',
      `/exams/${examId}/attempts?q=${number}`,
    );
    return body.items[0]?.state;
  };
  expect(await state()).toBe('in_progress');

  await learner.context.setOffline(false);
  await page.getByTestId('submit-confirm').waitFor({ state: 'detached', timeout: 60_000 });
  await until('the grade of all three answers', async () => {
    const { body } = await learner.api<{ attempt?: { score_milli?: number } }>('GET', `/my-exams/${examId}`);
    return body.attempt?.score_milli !== undefined;
  });
  await learner.leave();
});
