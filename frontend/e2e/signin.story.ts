import { createHmac } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, url, Visitor } from './browser';

/**
 * Two steps at the door, as three people meet them: an authenticator, a passkey, and the question again before a dangerous deed.
 */

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** The six digits of a secret (RFC 6238) at a step from now. */
function code(secret: string, step = 0): string {
  const bits = [...secret].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char));
  const bytes: number[] = [];
  let held = 0;
  let value = 0;
  for (const five of bits) {
    value = (value << 5) | five;
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes.push((value >> held) & 0xff);
    }
  }
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step));
  const mac = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const at = mac[19]! & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A person of the story's own, made by the administrator; the password is set. */
async function person(number: string, name: string): Promise<void> {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin');
  const made = await admin.api('POST', '/people', {
    people: [{ number, name, kind: 'staff', password: 'two steps at the door' }],
  });
  expect(made.status).toBe(200);
  await admin.leave();
}

it.each(['phone', 'desk'] as const)('the first setting up can be read on a %s', async (width) => {
  const me = await Visitor.at(browser, width);
  await me.signIn('learner', '/sign-in/enrol');
  await me.page.getByRole('heading', { level: 1 }).waitFor();
  await me.shot(`enrol-${width}`);
  expect([await me.axe(), await me.overflow()]).toEqual([[], 0]);
  await me.leave();
});

it('an authenticator is set up and asked for', { timeout: 120_000 }, async () => {
  await person('e2e-totp', '钱学敏');
  const me = await Visitor.at(browser, 'phone');
  await me.signIn('e2e-totp', '/me/security', 'two steps at the door');
  const page = me.page;
  await page.getByRole('button', { name: '设置', exact: true }).click();
  await page.getByRole('dialog').locator('img').waitFor();
  const secret = (await page.getByRole('dialog').locator('code').textContent())!.trim();
  await me.shot('security-totp-phone', false);
  await page.getByLabel('验证器上显示的 6 位数字').fill(code(secret, -1));
  await page.getByRole('button', { name: '完成设置' }).click();
  await page.getByText('请保存这些恢复码').waitFor();
  expect(await page.getByRole('dialog').locator('code').count()).toBe(10);
  await me.shot('security-recovery-phone', false);
  await page.getByRole('button', { name: '我已保存' }).click();
  await page.getByText('还剩 10 个').waitFor();
  await me.shot('security-phone');
  expect(await me.axe()).toEqual([]);

  const again = await Visitor.at(browser, 'phone');
  await again.open('/courses');
  await again.page.getByLabel('学工号').fill('e2e-totp');
  await again.page.getByLabel('密码', { exact: true }).fill('two steps at the door');
  await again.page.getByRole('button', { name: '登录', exact: true }).click();
  await again.page.getByRole('heading', { name: '两步验证' }).waitFor();
  await again.shot('second-factor-phone');
  expect(await again.axe()).toEqual([]);
  const wide = await Visitor.at(browser, 'desk');
  await wide.signIn('e2e-totp', '/courses', 'two steps at the door');
  await wide.page.getByRole('heading', { name: '两步验证' }).waitFor();
  await wide.shot('second-factor-desk');
  expect(await wide.axe()).toEqual([]);
  await wide.leave();
  await again.open('/courses'); // nothing else is open
  await again.page.getByRole('heading', { name: '两步验证' }).waitFor();
  again.expected.push('401', '422');
  await again.page.getByLabel('验证码').fill('000000');
  await again.page.getByRole('button', { name: '确认' }).click();
  await again.page.getByText('验证码不正确').waitFor();
  await again.page.getByLabel('验证码').fill(code(secret));
  await again.page.getByRole('button', { name: '确认' }).click();
  await again.page.waitForURL('**/courses');
  await again.leave();
  await me.leave();
});

it('a passkey signs in without a password', { timeout: 120_000 }, async () => {
  await person('e2e-passkey', '孙明达');
  // Browsers allow passkeys on localhost, and not at an address of numbers.
  const home = url('/').replace('127.0.0.1', 'localhost');
  const me = await Visitor.at(browser, 'desk');
  const cdp = await me.context.newCDPSession(me.page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  const page = me.page;
  await page.goto(`${home}sign-in?return=/me/security`);
  await page.getByLabel('学工号').fill('e2e-passkey');
  await page.getByLabel('密码', { exact: true }).fill('two steps at the door');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('button', { name: '添加' }).click();
  await page.getByLabel('名称').fill('办公室电脑');
  await page.getByRole('button', { name: '继续' }).click();
  await page.getByRole('button', { name: '我已保存' }).click();
  await page.getByText('办公室电脑').waitFor();
  await me.shot('security-passkey-desk');
  expect(await me.axe()).toEqual([]);
  await me.context.clearCookies();
  await page.goto(`${home}sign-in`);
  await me.shot('sign-in-passkey-desk');
  await page.getByRole('button', { name: '使用通行密钥登录' }).click();
  await page.waitForURL(home);
  await page.getByText('孙明达').first().waitFor();
  await me.leave();
});

it('a dangerous deed asks again, and then goes on', { timeout: 120_000 }, async () => {
  await person('e2e-step', '李安然');
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff/sign-in');
  const page = admin.page;
  admin.expected.push('403', '422');
  // The proof of ten minutes ago: the server says so once.
  await page.route('**/api/v1/sign-in-policy', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    await route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 403, reason: 'session.step_up_required', messages: {} }),
    });
    await page.unroute('**/api/v1/sign-in-policy');
  });
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByRole('heading', { name: '请确认是您本人' }).waitFor();
  await admin.shot('step-up-desk', false);
  expect(await admin.axe()).toEqual([]);
  await page.getByRole('dialog').getByLabel('登录密码').fill('wrong one');
  await page.getByRole('button', { name: '确认' }).click();
  await page.getByText('当前密码不正确').waitFor();
  await page.getByRole('dialog').getByLabel('登录密码').fill('zhixing-demo');
  await page.getByRole('button', { name: '确认' }).click();
  await page.getByText('登录设置已保存').waitFor();
  await admin.leave();
});

it(
  'an administrator connects a provider and is told what is wrong with it',
  { timeout: 120_000 },
  async () => {
    const admin = await Visitor.at(browser, 'desk');
    await admin.signIn('admin', '/staff/sign-in?tab=connections');
    const page = admin.page;
    await page.getByRole('button', { name: '添加身份源' }).click();
    await page.getByLabel('名称（登录按钮上显示）').fill('校园统一身份认证');
    await page.getByLabel('地址').fill('https://127.0.0.1:9');
    await page.getByLabel('应用编号').fill('zhixing');
    await admin.shot('connection-desk', false);
    await page.getByRole('button', { name: '保存' }).click();
    await page.getByText('身份源已保存').waitFor();
    await page.getByRole('button', { name: '测试连接' }).click();
    await page.getByText('未登记的主机').waitFor();
    await admin.shot('connections-desk');
    expect(await admin.axe()).toEqual([]);
    await page.getByRole('button', { name: '移除' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '移除' }).click();
    await page.getByText('还没有身份源').waitFor();
    await admin.leave();
  },
);
