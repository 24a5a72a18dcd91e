import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, until, Visitor } from './browser';
import { roster, ROWS } from './roster';

/**
 * Nothing of a messy sheet is lost silently: 2,000 rows in GBK with 40 faults, each found with its cell; what was
 * right comes in, is taken back whole, and the mended sheet comes in without a fault. All by the page.
 */

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Unit {
  name: string;
  kind: string;
}

/** Waits for the import to come to a state, and returns a number of its summary. */
function desk(admin: Visitor) {
  const { page } = admin;
  return {
    state: (state: string) => page.locator(`[data-testid="import"][data-state="${state}"]`).waitFor(),
    count: async (key: string) =>
      Number((await page.getByTestId(`count-${key}`).textContent())!.replaceAll(/[^0-9]/g, '')),
    deed: async (open: RegExp, verb: string, reason: string) => {
      await page.getByRole('button', { name: open }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox').fill(reason);
      await dialog.getByRole('button', { name: verb, exact: true }).click();
    },
    upload: async (name: string, buffer: Buffer) => {
      await admin.open('/staff/imports');
      await page.locator('input[type="file"]').setInputFiles({ name, mimeType: 'text/csv', buffer });
      await page.waitForURL(/imports\/[0-9a-f-]{36}/);
    },
    judge: async () => {
      await page.getByLabel('新增人员的类别').selectOption('student');
      await page.getByLabel('从哪一天起').fill('2026-09-01');
      await page.getByLabel('从哪一天起').press('Enter');
      await page.getByRole('button', { name: '核对全部行' }).click();
    },
  };
}

it('a messy sheet of 2,000 comes in, goes back, and comes in mended', { timeout: 180_000 }, async () => {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff/imports');
  const { page } = admin;
  const { state, count, deed, upload, judge } = desk(admin);
  const units = await admin.api<{ items: Unit[] }>('GET', '/units?tree=party');
  const names = units.body.items.filter((unit) => unit.kind === 'branch').map((unit) => unit.name);
  const branches = names.filter((name) => names.filter((other) => other === name).length === 1).slice(0, 4);
  const { messy, mended, planted, right, wrong } = roster(branches);
  expect(planted).toHaveLength(40);
  const there = async ({ number }: { number: string }) =>
    (await admin.api<{ items: unknown[] }>('GET', `/people?q=${number}`)).body.items.length;

  await upload('2026级新生花名册.csv', messy);
  await state('read');
  await page.getByText('表头在第 2 行（GB18030）').waitFor();
  expect(await page.getByLabel('K 列的内容').inputValue()).toBe(''); // 备注 is nobody's field
  await judge();
  await state('previewed');
  expect(await count('new')).toBe(ROWS - planted.length);
  expect(await count('refused')).toBe(planted.length);
  expect(await count('blank')).toBe(1);

  await page.goto(`${page.url()}?outcome=refused`, { waitUntil: 'domcontentloaded' });
  const flaws = page.getByTestId('refusal');
  await until('the rows that were refused', async () => (await flaws.count()) >= planted.length, 20);
  const found = await flaws.evaluateAll((all) =>
    all.map((one) => `${(one as HTMLElement).dataset.cell} ${(one as HTMLElement).dataset.reason}`),
  );
  expect(found).toEqual(planted); // each, with its cell, and nothing else
  expect(await admin.axe()).toEqual([]);

  await deed(/^导入 1,?960 人$/, '导入', '新生入学');
  await state('applied');
  expect(await count('refused')).toBe(planted.length);
  expect([await there(right), await there(wrong)]).toEqual([1, 0]);
  await deed(/^撤销这次导入$/, '撤销导入', '先核对原表');
  await state('undone');
  expect([await there(right), await there(wrong)]).toEqual([0, 0]);

  await upload('2026级新生花名册（改）.csv', mended);
  await state('read');
  await judge();
  await state('previewed');
  expect([await count('new'), await count('refused')]).toEqual([ROWS, 0]);
  await deed(/^导入 2,?000 人$/, '导入', '新生入学');
  await state('applied');
  expect([await there(right), await there(wrong)]).toEqual([1, 1]);
  await admin.open(`/staff/people?q=${wrong.number}`);
  await page.getByText(wrong.name).first().waitFor();

  // The institution as the other stories know it.
  await page.goBack();
  await state('applied');
  await deed(/^撤销这次导入$/, '撤销导入', '演示结束');
  await state('undone');
  expect(await there(wrong)).toBe(0);
  await admin.leave();
});
