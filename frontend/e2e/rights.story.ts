import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edition, launch, Visitor } from './browser';

/**
 * Rights, as the people around them meet them: a role of the institution's own, a grant that a second person approves, the
 * pages that come of it, why they come, and the support looking as somebody else.
 */

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const password = 'rights are dated facts';
const roleName = `学籍考勤员${edition.replaceAll(/\D/g, '')}`;

interface Unit {
  id: string;
  name: string;
}

it('a role, a grant by two persons, the pages, and the support', { timeout: 240_000 }, async () => {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin');
  const made = await admin.api<{ items: { id: string }[] }>('POST', '/people', {
    people: [
      { number: 'e2e-rights-2', name: '马守正', kind: 'staff', password },
      { number: 'e2e-rights-3', name: '许知勤', kind: 'staff', password },
    ],
  });
  expect(made.status).toBe(200);
  const [second, third] = made.body.items.map((one) => one.id) as [string, string];
  const given = await admin.api('POST', `/people/${second}/grants`, { role: 'admin', reason: '第二管理员' });
  expect(given.status).toBe(200);
  const units = await admin.api<{ items: Unit[] }>('GET', '/units?tree=party');
  const branch = units.body.items.find((one) => one.name === '信息工程学院学生第一党支部')!;

  // The administrator makes a role out of permissions that he holds.
  await admin.open('/staff/roles');
  const page = admin.page;
  await page.getByRole('button', { name: '新建角色' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('名称', { exact: true }).fill(roleName);
  await drawer.getByLabel('授予时须由第二人审批').check();
  await drawer.getByRole('checkbox', { name: /查看人员/ }).check();
  await admin.shot('role-new-desk', false);
  await drawer.getByRole('button', { name: '保存' }).click();
  await page.getByRole('heading', { name: roleName, level: 1 }).waitFor();
  await page.getByText('授予须第二人审批').first().waitFor();
  await admin.shot('role-desk');
  expect(await admin.axe()).toEqual([]);
  const role = page.url().split('/').at(-1)!;

  // He asks for it for somebody; nothing comes of it yet.
  const asked = await admin.api<{ state: string }>('POST', `/people/${third}/grants`, {
    role,
    unit_id: branch.id,
    reason: '负责支部学籍考勤',
  });
  expect(asked.body.state).toBe('requested');
  await admin.open('/staff/grants');
  await page.getByText('您提出的申请，须由他人审批').first().waitFor();
  const officer = await Visitor.at(browser, 'desk');
  await officer.signIn('e2e-rights-3', '/', password);
  expect((await officer.api('GET', '/people')).status).toBe(403);

  // A second person approves.
  const approver = await Visitor.at(browser, 'desk');
  await approver.signIn('e2e-rights-2', '/staff/grants', password);
  await approver.shot('grant-requests-desk');
  expect(await approver.axe()).toEqual([]);
  const line = approver.page.getByRole('row').filter({ hasText: '许知勤' });
  await line.getByRole('button', { name: '批准', exact: true }).click();
  await approver.page.getByRole('dialog').getByRole('button', { name: '批准', exact: true }).click();
  await approver.page.getByText('已批准，授权即时生效').waitFor();

  // The person sees the pages, of the branch and of nobody else.
  await expect.poll(async () => (await officer.api('GET', '/people')).status).toBe(200);
  await officer.open('/staff/people');
  await officer.page.getByText('林晓雨').first().waitFor();
  await officer.shot('own-role-people-desk');

  // Why: who sees the learner, and through what.
  const learner = await admin.api<{ items: { id: string }[] }>('GET', '/people?q=林晓雨');
  const learnerId = learner.body.items[0]!.id;
  await admin.open(`/staff/people/${third}/rights`);
  await page.getByText(new RegExp(`${roleName}.*${branch.name}`)).waitFor();
  await admin.shot('rights-desk');
  expect(await admin.axe()).toEqual([]);
  await admin.open(`/staff/people/${learnerId}/rights?tab=watchers`);
  await page.getByText('许知勤').first().waitFor();
  await page.getByText('陈立新').first().waitFor();
  await admin.shot('watchers-desk');
  expect(await admin.axe()).toEqual([]);

  // The learner is told the same by role, unit and kind of data; of those who keep the system only how many they are.
  const self = await Visitor.at(browser, 'desk');
  await self.signIn('learner', '/me/data');
  const told = self.page.getByRole('list', { name: '谁能看到我的资料' });
  await told.getByText(new RegExp(`支部书记 · ${branch.name}`)).waitFor();
  await told.getByText('陈立新').waitFor();
  const keepers = told.getByRole('listitem').filter({ hasText: '管理员 · 全校' });
  await keepers.getByText('2 人').waitFor();
  expect(await keepers.getByText('何志强').count()).toBe(0);
  expect(await told.getByText('许知勤').count()).toBe(0);
  expect(await self.axe()).toEqual([]);

  // The support looks as the learner: a banner, read only, and an end.
  await admin.open(`/staff/people/${learnerId}`);
  await page.getByRole('button', { name: '以其身份查看' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('来电反映看不到课程');
  await page.getByRole('dialog').getByLabel('查看多久').selectOption('5 分钟');
  await admin.shot('impersonation-ask-desk', false);
  await page.getByRole('dialog').getByRole('button', { name: '以其身份查看' }).click();
  const banner = page.getByRole('status', { name: '正在以他人身份查看' });
  await banner.waitFor();
  await banner.getByText('林晓雨').waitFor();
  await banner.getByText(/[45]:\d\d/).waitFor();
  await admin.shot('impersonation-desk');
  expect(await admin.axe()).toEqual([]);
  const refused = await admin.api<{ reason: string }>('POST', '/me/corrections', {
    field: 'phone',
    value: '1',
  });
  expect([refused.status, refused.body.reason]).toEqual([403, 'session.acting']);
  await page.setViewportSize({ width: 375, height: 812 });
  await admin.shot('impersonation-phone', false);
  await page.setViewportSize({ width: 1440, height: 900 });
  await banner.getByRole('button', { name: '结束代看' }).click();
  await page.waitForURL(`**/staff/people/${learnerId}`);
  await page.getByRole('heading', { name: '林晓雨', level: 1 }).waitFor();
  expect(await banner.count()).toBe(0);
  const trail = await admin.api<{ items: { action: string }[] }>(
    'GET',
    `/audit-events?subject=person:${learnerId}`,
  );
  const deeds = trail.body.items.map((one) => one.action);
  expect(deeds).toContain('person.impersonate');
  expect(deeds).toContain('person.impersonate_end');
  for (const one of [admin, officer, approver, self]) await one.leave();
});
