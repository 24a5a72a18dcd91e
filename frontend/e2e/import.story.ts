import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launch, Visitor, type Width } from './browser';

/**
 * A table as an office keeps it — a title above the header, a column that the product does not know, rows with mistakes —
 * becomes people: read, matched, looked at row by row, taken in, and taken back.
 */

const run = String(Date.now() % 100_000).padStart(5, '0');
const number = (at: number) => `2026${run}${at}`;

/** As an Excel of an office in China saves it: bytes of UTF-8 with its mark. */
const roster = `\uFEFF信息工程学院2026级新生名册,,,,,,,
填表人：辅导员办公室,,,,,,,
学号,姓名,性别,出生日期,手机号码,党支部,班级,宿舍
${number(1)},古丽米热·阿布都拉,女,2008-03-12,19900005001,信息工程学院学生第一党支部,软件技术2501班,6-301
${number(2)},欧阳明,男,2008.1.5,199 0000 5002,信息工程学院学生第一党支部,软件技术2501班,5-112
${number(3)},赵䶮,男,2007年11月30日,19900005003,信息工程学院学生第二党支部,软件技术2502班,5-113
${number(4)},李想,男,2008-02-30,19900005004,信息工程学院学生第二党支部,软件技术2502班,5-113
${number(5)},周小雨,女,2008-06-18,1990000500,信息工程学院学生第二党支部,软件技术2502班,6-302
${number(2)},欧阳明,男,2008-01-05,19900005002,信息工程学院学生第一党支部,软件技术2501班,5-112
${number(6)},郑佳,女,2008-09-01,19900005006,机关第九党支部,软件技术2501班,6-303
learner,林晓雨,女,2006-04-23,19900005007,信息工程学院学生第一党支部,软件技术2501班,6-201
,,,,,,,
`;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** The page as it stands, on a desk and on a phone. */
async function look(desk: Visitor, phone: Visitor, name: string, ready: string): Promise<void> {
  const visitors: [Visitor, Width][] = [
    [desk, 'desk'],
    [phone, 'phone'],
  ];
  await phone.open(new URL(desk.page.url()).pathname);
  for (const [visitor, width] of visitors) {
    await visitor.page.getByText(ready).first().waitFor();
    await visitor.shot(`${name}-${width}`);
    expect([name, width, await visitor.axe(), await visitor.overflow()]).toEqual([name, width, [], 0]);
  }
}

it('takes a roster with mistakes in, and back', async () => {
  const desk = await Visitor.at(browser, 'desk');
  const phone = await Visitor.at(browser, 'phone');
  await desk.signIn('admin', '/staff/imports');
  await phone.signIn('admin', '/staff/imports');
  const { page } = desk;
  const state = (is: string) => page.locator(`[data-testid="import"][data-state="${is}"]`).waitFor();
  const count = (of: string) => page.getByTestId(`count-${of}`).innerText();

  await page.getByLabel('上传人员表').setInputFiles({
    name: '信息工程学院2026级新生名册.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(roster),
  });
  await state('read');
  await look(desk, phone, 'import-mapping', '确认每一列的内容');

  await page.getByLabel('新增人员的类别').selectOption({ label: '学生' });
  await page.getByRole('button', { name: '核对全部行' }).click();
  await state('previewed');
  expect([await count('new'), await count('blank')]).toEqual(['3', '1']);
  expect(Number(await count('refused'))).toBe(4);
  const refused = page.getByTestId('refusal');
  await refused.first().waitFor();
  await look(desk, phone, 'import-preview', '核对结果');

  await page.getByRole('button', { name: /^导入 \d 人$/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('2026级新生入学');
  await dialog.getByRole('button', { name: '导入', exact: true }).click();
  await state('applied');
  await look(desk, phone, 'import-applied', '撤销这次导入');
  const made = await desk.api<{ items: { name: string }[] }>('GET', `/people?q=${number(3)}`);
  expect(made.body.items.map((person) => person.name)).toEqual(['赵䶮']);

  await page.getByRole('button', { name: '撤销这次导入' }).click();
  await dialog.getByRole('textbox').fill('名册有误，更正后重新导入');
  await dialog.getByRole('button', { name: '撤销导入' }).click();
  await state('undone');
  await look(desk, phone, 'import-undone', '已撤销');
  const gone = await desk.api<{ items: unknown[] }>('GET', `/people?q=${number(3)}`);
  expect(gone.body.items).toEqual([]);
  await desk.open('/staff/imports');
  await look(desk, phone, 'imports-history', '信息工程学院2026级新生名册.csv');
  await desk.leave();
  await phone.leave();
}, 180_000);
