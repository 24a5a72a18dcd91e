import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edition, launch, Visitor } from './browser';

/**
 * A branch secretary sees a group until the day on which it moves elsewhere, and not from that day on. The change is
 * planned on the page. Its day is made to come by putting another function in the place of civil_today in the database
 * of this run, as the test of the API does (TestMoveOnAFutureDate); nothing of the product can.
 */

/** Asks the product's own database; the stack names the superuser's. */
function sql(statement: string): string {
  const named = process.env.ZHIXING_TEST_DATABASE_URL;
  if (!named) throw new Error('ZHIXING_TEST_DATABASE_URL is not set: run the stories with make e2e');
  const product = named.replace(/\/postgres\?/, '/zhixing?');
  return execFileSync('psql', [product, '-v', 'ON_ERROR_STOP=1', '-Atqc', statement], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

const setDay = (date: string) =>
  sql(
    `CREATE OR REPLACE FUNCTION civil_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT date '${date}' $$`,
  );

const SWEEPS_MS = 11_000;

interface Unit {
  id: string;
  name: string;
  path_names: string[];
}

let browser: Browser;
let realDay = '';
beforeAll(async () => {
  browser = await launch();
  realDay = sql("SELECT pg_get_functiondef('civil_today()'::regprocedure)");
});
afterAll(async () => {
  if (realDay) sql(realDay);
  await browser?.close();
});

it('moves a group on a day ahead: its secretary loses sight of it on that day and not before', async () => {
  const day = (ahead: number) => sql(`SELECT civil_today() + ${ahead}`).trim();
  const [today, tomorrow] = [day(0), day(1)];
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff/units');
  const units = async (asOf = ''): Promise<Unit[]> =>
    (await admin.api<{ items: Unit[] }>('GET', `/units?tree=party${asOf && `&as_of=${asOf}`}`)).body.items;
  const before = await units();
  const home = before.find((unit) => unit.name === '信息工程学院学生第一党支部')!;
  const elsewhere = before.find((unit) => unit.name === '机关第一党支部')!;
  const name = `实习党小组${edition.replaceAll(' ', '')}`;
  const made = await admin.api<Unit>('POST', '/units', {
    tree: 'party',
    parent_id: home.id,
    name,
    kind: 'group',
  });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  const people = await admin.api<{ items: { id: string }[] }>('POST', '/people', {
    people: [
      {
        number: `20256${Date.now() % 100_000}`,
        name: '龙䶮',
        kind: 'student',
        party_unit_id: made.body.id,
        from: '2025-09-01',
      },
    ],
  });
  const person = people.body.items[0]!.id;
  const secretary = await Visitor.at(browser, 'desk');
  await secretary.signIn('secretary', '/staff');
  const sees = async () => (await secretary.api('GET', `/people/${person}`)).status;
  expect(await sees()).toBe(200);

  // Planned on the page. Enter takes the date that was typed and does nothing else: what follows is looked at first.
  // Seen red: with Enter sending the form, the button said 确认安排 before anything of the preview had been asked for.
  const { page } = admin;
  await admin.open(`/staff/units?q=${encodeURIComponent(name)}`);
  const row = page.getByRole('listitem').filter({ hasText: name });
  await row.getByRole('combobox').click();
  await page.getByTitle('移到', { exact: true }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('移到哪个单位之下').fill(elsewhere.name);
  await page.getByTitle(elsewhere.name, { exact: true }).last().click();
  await drawer.getByLabel('生效日期').fill(tomorrow);
  await drawer.getByLabel('生效日期').press('Enter');
  await drawer.getByLabel('理由').fill('实习期间转入机关支部');
  await drawer.getByRole('button', { name: '预览影响' }).click();
  await drawer.getByText('将看不到这些人员').first().waitFor();
  await admin.shot('unit-change-desk', false);
  expect(await admin.axe()).toEqual([]);
  await drawer.getByRole('button', { name: '确认安排' }).click();
  await page.getByText(`“${name}”移到“${elsewhere.name}”`).waitFor();
  await drawer.waitFor({ state: 'detached' });
  await admin.shot('units-planned-desk');
  expect(await sees()).toBe(200);

  // The sweep that looks for due changes comes every few seconds; two of them change nothing before the day.
  setDay(today);
  await page.waitForTimeout(SWEEPS_MS);
  expect(await sees()).toBe(200);

  setDay(tomorrow);
  await expect.poll(sees, { timeout: 30_000 }).toBe(404);
  await secretary.open('/staff/people');
  await secretary.page.getByRole('link', { name: '林晓雨' }).waitFor();
  expect(await secretary.page.getByRole('link', { name: '龙䶮' }).count()).toBe(0);
  expect((await units(today)).find((unit) => unit.id === made.body.id)?.path_names).toContain(home.name);
  expect((await units()).find((unit) => unit.id === made.body.id)?.path_names).toContain(elsewhere.name);
  sql(realDay);
  await secretary.leave();
  await admin.leave();
}, 180_000);
