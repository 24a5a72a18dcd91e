import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edition, launch, until, url, Visitor } from './browser';

/**
 * Systems outside, as the administrator keeps them: a token that pushes a person and is revoked, and a webhook whose
 * receiver fails first. The server may speak to 127.0.0.2 by ZHIXING_WEBHOOK_NETWORKS (scripts/e2e.sh) and, as ever
 * unless told otherwise, to no other address of this machine.
 */

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

let browser: Browser;
let receiver: Server;
const received: Received[] = [];
let answer = 500;
beforeAll(async () => {
  browser = await launch();
  receiver = createServer((request, reply) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      reply.writeHead(answer).end();
    });
  });
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.2', ready));
});
afterAll(async () => {
  await browser.close();
  receiver.close();
});

const of = (name: string) => `${name}${edition.replaceAll(/\D/g, '')}`;

/** What was shown once, and is not in the page any more after it is said to be kept. */
async function secretOf(dialog: Locator): Promise<string> {
  const secret = await dialog.locator('code').innerText();
  await dialog.getByRole('button', { name: '我已保存' }).click();
  await dialog.waitFor({ state: 'hidden' });
  return secret;
}

/** Both widths of what the page shows. */
async function shots(admin: Visitor, name: string): Promise<void> {
  await admin.shot(`${name}-desk`);
  expect(await admin.axe()).toEqual([]);
  await admin.page.setViewportSize({ width: 375, height: 812 });
  await admin.shot(`${name}-phone`);
  expect(await admin.overflow()).toBe(0);
  await admin.page.setViewportSize({ width: 1440, height: 900 });
}

it('a token pushes a person until it is revoked', { timeout: 120_000 }, async () => {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin', '/staff/integrations');
  const { page } = admin;
  const branch = '信息工程学院学生第一党支部';
  const token = of('教务系统');

  await page.getByRole('button', { name: '新建令牌' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('名称').fill(token);
  await drawer.getByLabel('推送人员').check();
  await drawer.getByRole('combobox', { name: '范围' }).fill(branch);
  await page.locator('.ant-select-tree-title', { hasText: branch }).click();
  const last = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  await drawer.getByLabel('到期日').fill(last);
  await drawer.getByLabel('到期日').press('Enter');
  await admin.shot('integrations-token-new-desk', false);
  await drawer.getByRole('button', { name: '新建' }).click();
  const shown = page.getByRole('dialog', { name: `“${token}”的密钥` });
  await admin.shot('integrations-secret-desk', false);
  const secret = await secretOf(shown);
  expect(secret).toMatch(/^zx_.{43}$/);
  const card = page.getByRole('listitem').filter({ hasText: token });
  await card.getByText(branch).waitFor();
  await card.getByText(last).waitFor();
  await card.getByText('从未使用').waitFor();
  await page.reload();
  await card.waitFor();
  expect(await page.content()).not.toContain(secret);

  const push = (number: string, name: string, unit: string) =>
    fetch(url('/api/v1/pushes/people'), {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ people: [{ number, name, kind: 'student', party_unit: unit }] }),
    });
  const first = await push(of('e2e-push-'), '程万里', branch);
  expect([first.status, ((await first.json()) as { counts: { new: number } }).counts.new]).toEqual([200, 1]);
  // Beyond its scope it brings in nobody.
  const away = await push(of('e2e-away-'), '何远', '机械工程学院教工党支部');
  expect(((await away.json()) as { counts: { refused: number } }).counts.refused).toBe(1);

  await page.reload();
  await card.getByText('从未使用').waitFor({ state: 'detached' });
  await shots(admin, 'integrations-tokens');
  await page.getByRole('tab', { name: '推送记录' }).click();
  await page.getByText(token).first().waitFor();
  await shots(admin, 'integrations-pushes');
  await admin.open(`/staff/people?q=${of('e2e-push-')}`);
  await page.getByText('程万里').first().waitFor();

  await admin.open('/staff/integrations');
  await card.getByRole('button', { name: '撤销' }).click();
  const ask = page.getByRole('dialog', { name: '撤销' });
  await ask.getByRole('textbox').fill('密钥外泄，更换系统');
  await ask.getByRole('button', { name: '撤销' }).click();
  await card.getByText('已撤销').waitFor();
  expect((await push(of('e2e-push-'), '程万里', branch)).status).toBe(401);
  await admin.leave();
});

it(
  'a webhook tells of a deed, again after a failure, and never speaks to what is not allowed',
  { timeout: 120_000 },
  async () => {
    const admin = await Visitor.at(browser, 'desk');
    await admin.signIn('admin', '/staff/integrations?tab=webhooks');
    const { page } = admin;
    const { port } = receiver.address() as AddressInfo;

    async function make(name: string, address: string): Promise<string> {
      await page.getByRole('button', { name: '新建通知' }).click();
      const drawer = page.getByRole('dialog');
      await drawer.getByLabel('名称').fill(name);
      await drawer.getByLabel('地址').fill(address);
      await drawer.getByLabel('组织机构').check();
      await drawer.getByRole('button', { name: '新建' }).click();
      return secretOf(page.getByRole('dialog', { name: `“${name}”的签名密钥` }));
    }
    const name = of('门户网站');
    const secret = await make(name, `http://127.0.0.2:${port}/hook`);
    const card = page.getByRole('listitem').filter({ hasText: name });

    // A test that the receiver fails: it is shown with the answer and the time of the next attempt, and delivered then.
    await card.getByRole('button', { name: '发送测试' }).click();
    const drawer = page.getByRole('dialog', { name });
    const row = drawer.getByRole('row').filter({ hasText: 'webhook.test' });
    await row.getByText(/HTTP 500 · 下次/).waitFor();
    answer = 204; // at once: the attempt after the next is minutes away
    await admin.shot('integrations-deliveries-desk', false);
    expect(await admin.axe()).toEqual([]);
    await row.getByText('已送达').waitFor();
    expect(received.length).toBeGreaterThanOrEqual(2);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const { headers, body } = received.at(-1)!;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const signed = createHmac('sha256', key)
      .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signed}`);

    // A deed is told of without a name in it.
    const unit = of('临时党小组');
    const made = await admin.api('POST', '/units', { tree: 'party', name: unit, kind: 'committee' });
    expect(made.status).toBe(200);
    const told = await until(
      'the deed',
      async () => received.find((one) => one.body.includes('unit.create')),
      30,
    );
    expect(told.body).not.toContain(unit);
    await drawer.getByText('unit.create').waitFor();
    await page.keyboard.press('Escape');

    // Another address of the same machine was never allowed.
    const closed = of('内网地址');
    await make(closed, `http://127.0.0.1:${port}/hook`);
    const other = page.getByRole('listitem').filter({ hasText: closed });
    await other.getByRole('button', { name: '发送测试' }).click();
    await page
      .getByRole('dialog', { name: closed })
      .getByText(/该地址不允许访问/)
      .waitFor();
    await page.keyboard.press('Escape');
    await page.reload();
    await other.getByText('待发送 1').waitFor();
    await shots(admin, 'integrations-webhooks');

    for (const one of [card, other]) {
      await one.getByRole('button', { name: '移除' }).click();
      await page.getByRole('dialog').getByRole('button', { name: '移除' }).click();
      await one.waitFor({ state: 'detached' });
    }
    await admin.leave();
  },
);
