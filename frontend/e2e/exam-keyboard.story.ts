import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, until, Visitor } from './browser';
import { hallPassword, makeExam, makeLearner } from './hall';

/** An exam from its entrance to its result by the keyboard alone: nothing of this story touches the mouse. */

const number = `20258${Date.now() % 100_000}`;

let browser: Browser;
let trainer: Visitor;
beforeAll(async () => {
  browser = await launch();
  await makeLearner(browser, number, '买买提江·吐尔逊');
  trainer = await Visitor.at(browser, 'desk');
  await trainer.signIn('trainer', '/staff/exams');
});
afterAll(async () => {
  await trainer?.leave();
  await browser?.close();
});

/** Tab until it has the focus; what has the focus is drawn so, or nobody finds it. */
async function tabTo(page: Page, testId: string): Promise<void> {
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const one = document.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return { id: one.dataset.testid, seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
    });
    if (at.id === testId) {
      expect(at.seen, `${testId} has the focus and does not show it`).toBe(true);
      return;
    }
  }
  throw new Error(`Tab does not come to ${testId}`);
}

it('is sat by the keyboard alone', { timeout: 180_000 }, async () => {
  const examId = await makeExam(trainer, '键盘作答测试', 3600);
  const learner = await Visitor.at(browser, 'desk');
  await learner.signIn(number, `/exams/${examId}`, hallPassword);
  const { page } = learner;
  const { keyboard } = page;
  await page.getByTestId('start-exam').waitFor();
  await tabTo(page, 'start-exam');
  await keyboard.press('Enter');
  await page.waitForURL('**/attempts/*');
  const question = (at: number) => page.getByText(`${at} / 3`, { exact: true }).waitFor();
  const chosen = () =>
    page
      .locator('[data-testid="option"][data-checked="true"]')
      .getAttribute('data-letter', { timeout: 5_000 });
  const saved = () => page.locator('[data-testid="save-badge"][data-status="saved"]').waitFor();

  // Letters and digits choose, arrows go on and back, M marks.
  await question(1);
  await keyboard.press('b');
  expect(await chosen()).toBe('B');
  await saved();
  await keyboard.press('1');
  expect(await chosen()).toBe('A');
  await keyboard.press('ArrowRight');
  await question(2);
  await keyboard.press('m');
  await page.getByText('已标记').first().waitFor();
  await keyboard.press('ArrowRight');
  await question(3);
  await keyboard.press('D');
  await saved();
  await learner.shot('exam-answering-desk', false);
  expect(await learner.axe()).toEqual([]);

  // The dialog takes the focus, names what is left, and Escape gives the focus back.
  await tabTo(page, 'submit');
  await keyboard.press('Enter');
  await page.getByTestId('submit-unanswered').waitFor();
  expect(await page.getByTestId('submit-unanswered').innerText()).toContain('2');
  await keyboard.press('b');
  await keyboard.press('Escape');
  await page.getByTestId('submit-unanswered').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.testid)).toBe('submit');
  expect(await chosen(), 'a letter typed into the dialog is no answer').toBe('D');
  await keyboard.press('ArrowLeft');
  await question(2);
  await keyboard.press('c');
  expect(await chosen()).toBe('C');
  await saved();
  await keyboard.press('ArrowRight');
  await question(3);
  await tabTo(page, 'submit');
  await keyboard.press('Enter');
  await tabTo(page, 'submit-confirm');
  await keyboard.press('Enter');
  const attempt = await until('the grade', async () => {
    const { body } = await learner.api<{ attempt?: { id: string; score_milli?: number } }>(
      'GET',
      `/my-exams/${examId}`,
    );
    return body.attempt?.score_milli !== undefined && body.attempt;
  });
  await learner.open(`/attempts/${attempt.id}/review`);
  await page.getByTestId('score').waitFor();
  await learner.leave();
});
