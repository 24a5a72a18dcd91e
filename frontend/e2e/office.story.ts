import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, Visitor, type Width } from './browser';

/**
 * An ordinary morning at the office's desk: somebody asks for a correction and sees who looked at his data, one human
 * being stands in the list twice, and many records change at once.
 */

const run = String(Date.now() % 100_000).padStart(5, '0');

interface Page<T> {
  items: T[];
}

let browser: Browser;
let admin: Visitor;
beforeAll(async () => {
  browser = await launch();
  admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff');
});
afterAll(async () => {
  await admin?.leave();
  await browser?.close();
});

/** The page at both widths: a picture, nothing for axe to find, nothing that sticks out. */
async function look(as: string, path: string, name: string, ready: string): Promise<void> {
  for (const width of ['phone', 'desk'] as Width[]) {
    const visitor = await Visitor.at(browser, width);
    await visitor.signIn(as, path);
    await visitor.page.getByText(ready).first().waitFor();
    await visitor.shot(`${name}-${width}`);
    expect([name, width, await visitor.axe(), await visitor.overflow()]).toEqual([name, width, [], 0]);
    await visitor.leave();
  }
}

it('a correction is asked for, and decided with a reason', { timeout: 180_000 }, async () => {
  const learner = await Visitor.at(browser, 'phone');
  await learner.signIn('learner', '/me/data');
  const { page } = learner;
  await page.getByRole('button', { name: '申请更正' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('更正哪一项').selectOption({ label: '电话' });
  await dialog.getByLabel('应为').fill('19900007788');
  await dialog.getByLabel('理由和依据').fill('上月更换了手机号码，原号码已停用');
  await learner.shot('correction-asked-phone', false);
  expect(await learner.axe()).toEqual([]);
  await dialog.getByRole('button', { name: '提交申请' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('19900007788').waitFor();
  await look('learner', '/me/data', 'learner-data', '19900007788');
  await look('admin', '/staff/corrections', 'corrections', '19900007788');

  await admin.open('/staff/corrections');
  const desk = admin.page;
  await desk
    .getByRole('row', { name: /19900007788/ })
    .getByRole('button', { name: '不同意' })
    .click();
  await desk.getByRole('dialog').getByRole('textbox').last().fill('号码少一位证明，请到支部核对后重新申请');
  await desk.getByRole('dialog').getByRole('button', { name: '不同意' }).click();
  await desk.getByText('没有待处理的申请').waitFor();
  await learner.open('/me/data');
  await page.getByText('请到支部核对后重新申请').waitFor();
  await learner.leave();
});

it('two records of one human being become one, and two again', { timeout: 180_000 }, async () => {
  const units = await admin.api<Page<{ id: string; name: string }>>('GET', '/units?tree=party');
  const branch = units.body.items.find((unit) => unit.name === '信息工程学院学生第一党支部')!;
  const record = (number: string, kind: string) => ({
    number,
    name: '祖丽菲亚·卡哈尔',
    kind,
    born_on: `2003-05-${10 + (Number(run) % 19)}`,
    gender: 'female',
    party_unit_id: branch.id,
    stage: 'activist',
    from: '2025-09-01',
  });
  const made = await admin.api<Page<{ id: string }>>('POST', '/people', {
    people: [record(`2025${run}1`, 'student'), record(`T2025${run}`, 'staff')],
  });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  await look('admin', '/staff/duplicates', 'duplicates', '祖丽菲亚·卡哈尔');

  await admin.open('/staff/duplicates');
  const { page } = admin;
  await page.getByRole('button', { name: '保留这条' }).last().click();
  await page.getByRole('dialog').getByRole('textbox').fill('入学与留校工作各建了一份档案');
  await admin.shot('merge-desk', false);
  expect(await admin.axe()).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: /合并/ }).click();
  const found = async () =>
    (await admin.api<Page<{ id: string }>>('GET', `/people?q=${encodeURIComponent('祖丽菲亚')}`)).body.items
      .map(({ id }) => id)
      .filter((id) => made.body.items.some((one) => one.id === id));
  await expect.poll(async () => (await found()).length).toBe(1);
  const kept = await found();

  // Who is looked for under the number that was given up is found, with the way back.
  const gone = made.body.items.find(({ id }) => !kept.includes(id))!;
  await admin.open(`/staff/people/${gone.id}`);
  await page.getByText('此记录已合并到').waitFor();
  await admin.shot('person-merged-desk');
  expect(await admin.axe()).toEqual([]);
  await page.getByRole('button', { name: '撤销合并' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('核对后是两名同名人员');
  await page.getByRole('dialog').getByRole('button', { name: '撤销合并' }).click();
  await page.getByText('此记录已合并到').waitFor({ state: 'detached' });
  expect((await found()).length).toBe(2);
});

it('many records change at once, after each was looked at', { timeout: 180_000 }, async () => {
  await admin.open('/staff/people?kind=student&stage=applicant');
  const { page } = admin;
  await page.getByRole('button', { name: '对筛选结果批量变动' }).click();
  const drawer = page.getByRole('dialog');
  await admin.settle(); // the drawer has come to rest
  await drawer.getByRole('combobox', { name: '变为' }).click();
  await page.locator('.ant-select-item-option', { hasText: '入党积极分子' }).last().click();
  await drawer.getByLabel('依据文件').fill('支委会〔2026〕11 号');
  await drawer.getByRole('button', { name: '检查' }).click();
  await drawer.getByText('检查完成').waitFor({ timeout: 60_000 });
  await admin.shot('bulk-desk', false);
  expect(await admin.axe()).toEqual([]);
});
