import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demonstration, launch, Visitor, type Width } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  await demonstration(browser);
}, 900_000);
afterAll(() => browser?.close());

const pages = [
  ['home', '/'],
  ['courses', '/courses'],
  ['exams', '/exams'],
  ['exams-closed', '/exams?tab=closed'],
  ['me', '/me'],
  ['my-hours', '/me/hours'],
  ['data', '/me/data'],
  ['privacy', '/me/privacy'],
  ['devices', '/me/devices'],
  ['change-password', '/me/password'],
] as const;

describe.each(['phone', 'desk'] as const)("the learner's pages on a %s", (width: Width) => {
  it('fit the screen and can be read by everyone', async () => {
    const visitor = await Visitor.at(browser, width);
    await visitor.open('/sign-in');
    await visitor.page.getByRole('button', { name: /learner/ }).waitFor();
    await visitor.shot(`sign-in-${width}`);
    // Back from an identity provider with an answer that nobody asked for.
    await visitor.open('/sign-in/callback?state=unknown&code=none');
    await visitor.page.getByRole('link', { name: '返回登录' }).waitFor();
    await visitor.shot(`sign-in-callback-${width}`);
    expect(await visitor.axe()).toEqual([]);
    visitor.expected.push('sign-in');
    await visitor.signIn('learner');
    for (const [name, path] of pages) {
      await visitor.open(path);
      await visitor.shot(`learner-${name}-${width}`);
      expect([name, await visitor.axe(), await visitor.overflow()]).toEqual([name, [], 0]);
    }
    await visitor.open('/courses');
    await visitor.page.locator('main a[href^="/courses/"]').first().click();
    await visitor.page.getByRole('heading', { level: 1 }).waitFor();
    await visitor.shot(`learner-course-${width}`);
    expect([await visitor.axe(), await visitor.overflow()]).toEqual([[], 0]);
    visitor.expected.push('401');
    await visitor.leave();
  });

  it('stay readable in the dark, in large type and in English', async () => {
    const visitor = await Visitor.at(browser, width);
    await visitor.signIn('learner', '/me');
    visitor.expected.push('401');
    await visitor.page.getByRole('radio', { name: '大字' }).check();
    await visitor.page.getByRole('radio', { name: '深色' }).check();
    // The language changes once its texts are here, so the choice is not looked at right after the press.
    await visitor.page.getByRole('radio', { name: 'English' }).click();
    await visitor.page.getByText('Account and safety').waitFor();
    for (const [name, path] of pages) {
      // A new load each time: what was chosen is remembered.
      await visitor.open(path);
      await visitor.settle();
      const look = await visitor.page.evaluate(() => [
        document.documentElement.dataset.theme,
        document.documentElement.dataset.text,
        document.documentElement.lang,
      ]);
      expect(look).toEqual(['dark', 'large', 'en']);
      expect([name, await visitor.axe(), await visitor.overflow()]).toEqual([name, [], 0]);
    }
    await visitor.leave();
  });
});

describe('the first page of a phone', () => {
  it('answers its four questions without a scroll: what must I do, what next, what is due, what is new', async () => {
    const visitor = await Visitor.at(browser, 'phone');
    await visitor.signIn('learner');
    await visitor.settle();
    const { page } = visitor;
    const fold = (await page.getByRole('navigation', { name: '主导航' }).last().boundingBox())!.y;
    const answers = [
      page.getByRole('img', { name: /已完成 .* 学时/ }),
      page.getByRole('region', { name: '继续学习' }).getByRole('link'),
      page.getByRole('region', { name: '临近的事' }).getByRole('listitem').first(),
      page.getByRole('region', { name: '新上线' }).locator('li a span').filter({ hasText: /\S/ }).first(),
    ];
    for (const answer of answers) {
      const box = (await answer.boundingBox())!;
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y + Math.min(box.height, 40)).toBeLessThanOrEqual(fold);
    }
    await visitor.leave();
  });
});

describe('an account', () => {
  const number = `e2e${Date.now()}`;

  it('begins with a password of its own and comes back to where it was going', async () => {
    const admin = await Visitor.at(browser, 'desk');
    await admin.signIn('admin', '/me');
    const made = await admin.api('POST', '/people', {
      people: [
        {
          number,
          name: '努尔麦麦提·阿卜杜热合曼',
          kind: 'student',
          password: 'given-by-the-office',
          must_change_password: true,
        },
      ],
    });
    expect(made.status, JSON.stringify(made.body)).toBe(200);

    const visitor = await Visitor.at(browser, 'phone');
    visitor.expected.push('401');
    const { page } = visitor;
    await visitor.open('/courses?q=党章');
    await page.waitForURL(/\/sign-in\?return=/);
    await page.getByLabel('学工号').fill(number);
    await page.getByLabel('密码', { exact: true }).fill('not this one');
    await page.getByRole('button', { name: '登录', exact: true }).click();
    await page.getByText('学工号或密码不正确').waitFor();
    await page.getByLabel('密码', { exact: true }).fill('given-by-the-office');
    await page.getByRole('button', { name: '登录', exact: true }).click();

    await page.getByRole('heading', { name: '请先设置新密码' }).waitFor();
    await visitor.shot('forced-password-phone');
    expect(await visitor.axe()).toEqual([]);
    const wide = await Visitor.at(browser, 'desk');
    await wide.signIn(number, '/courses', 'given-by-the-office');
    await wide.page.getByRole('heading', { name: '请先设置新密码' }).waitFor();
    await wide.shot('forced-password-desk');
    expect(await wide.axe()).toEqual([]);
    await wide.leave();
    await page.getByLabel('当前密码').fill('given-by-the-office');
    await page.getByLabel('新密码', { exact: true }).fill('学习使人进步，每天一课');
    await page.getByLabel('再输一次新密码').fill('学习使人进步，每天两课');
    await page.getByRole('button', { name: '修改密码' }).click();
    await page.getByText('两次输入的新密码不一致。').waitFor();
    await page.getByLabel('再输一次新密码').fill('学习使人进步，每天一课');
    await page.getByRole('button', { name: '修改密码' }).click();
    await page.waitForURL(/\/courses\?q=/);
    expect(await page.getByRole('searchbox').first().inputValue()).toBe('党章');

    await visitor.open('/');
    await page.getByText('没有应修学时').or(page.getByText('本年度应修学时')).first().waitFor();
    await visitor.shot('learner-home-empty-phone');
    expect([await visitor.axe(), await visitor.overflow()]).toEqual([[], 0]);
    visitor.expected.push('401');
    await visitor.leave();
    await admin.leave();
  });

  it('is signed out from afar, told so, and goes on after signing in', async () => {
    const password = '学习使人进步，每天一课';
    const desk = await Visitor.at(browser, 'desk');
    await desk.signIn(number, '/me/devices', password);
    const phone = await Visitor.at(browser, 'phone');
    phone.expected.push('401');
    await phone.signIn(number, '/exams', password);
    await phone.page.getByRole('heading', { name: '考试' }).first().waitFor();

    await desk.page.reload();
    const out = desk.page.getByRole('button', { name: '退出', exact: true });
    await out.first().waitFor();
    // Every other device: this phone, and the one of the story before.
    for (let left = await out.count(); left > 0; left--) {
      await out.first().click();
      await out.nth(left - 1).waitFor({ state: 'detached' });
    }

    await phone.page.getByRole('link', { name: '我的' }).click();
    await phone.page.waitForURL(/\/sign-in\?return=/);
    await phone.page.getByLabel('学工号').fill(number);
    await phone.page.getByLabel('密码', { exact: true }).fill(password);
    await phone.page.getByRole('button', { name: '登录', exact: true }).click();
    await phone.page.waitForURL((to) => to.pathname.startsWith('/me'));

    await phone.context.setOffline(true);
    await phone.page.getByText('当前没有网络。').waitFor();
    await phone.context.setOffline(false);
    await phone.page.getByText('当前没有网络。').waitFor({ state: 'detached' });
    await phone.page.getByRole('button', { name: '退出登录' }).click();
    await phone.page.getByRole('dialog').getByRole('button', { name: '退出登录' }).click();
    await phone.page.waitForURL(/\/sign-in/);
    phone.expected.push('ERR_INTERNET_DISCONNECTED');
    await phone.leave();
    await desk.leave();
  });
});
