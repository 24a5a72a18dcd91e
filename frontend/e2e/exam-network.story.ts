import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, until, url, Visitor } from './browser';

/** How many random schedules of cuts, crashes and lost answers are run; 200 for the record. */
const SCHEDULES = Number(process.env.EXAM_SCHEDULES ?? 4);
const STEPS = 12;
const ID = '01a20000-0000-7000-8000-0000000000aa';

interface Operation {
  op_id: string;
  item: string;
  seq: number;
  value: string[];
}

type Fault = 'refuse' | 'lose' | 'busy' | undefined;

/** The server's side of one attempt, kept in the test so that it can lose what it likes. */
class Desk {
  readonly ops = new Map<string, Operation>();
  readonly applied = new Map<string, number>();
  readonly started = Date.now();
  due = this.started + 3_600_000;
  state = 'in_progress';
  online = true;
  fault: () => Fault = () => undefined;

  async answer(route: Route): Promise<void> {
    const request = route.request();
    const fault = this.fault();
    if (!this.online || fault === 'refuse') return route.abort();
    if (fault === 'busy') return route.fulfill({ status: 503, contentType: 'application/json', body: '{}' });
    const path = new URL(request.url()).pathname;
    const body = this.reply(path, request.postDataJSON() as { operations?: Operation[] } | null);
    if (fault === 'lose') return route.abort();
    return route.fulfill({ contentType: 'application/json', body: JSON.stringify(body) });
  }

  held(): Map<string, Operation> {
    const best = new Map<string, Operation>();
    for (const op of this.ops.values()) if (op.seq > (best.get(op.item)?.seq ?? 0)) best.set(op.item, op);
    return best;
  }

  private reply(path: string, body: { operations?: Operation[] } | null): object {
    const now = new Date().toISOString();
    if (path.endsWith('/answers')) {
      for (const op of body?.operations ?? []) {
        if (!this.ops.has(op.op_id)) this.applied.set(op.op_id, (this.applied.get(op.op_id) ?? 0) + 1);
        this.ops.set(op.op_id, this.ops.get(op.op_id) ?? op);
      }
      const saved = body?.operations?.map((op) => op.op_id) ?? [];
      return {
        state: this.state,
        server_now: now,
        server_seq: 1,
        due_at: this.iso(this.due),
        saved,
        sealed: [],
      };
    }
    const best = this.held();
    return {
      id: ID,
      exam_id: 'exam',
      title: '断网练习',
      state: this.state,
      epoch: 1,
      held_elsewhere: false,
      started_at: this.iso(this.started),
      due_at: this.iso(this.due),
      grace_ms: 2_000,
      server_now: now,
      last_seq: Math.max(0, ...[...this.ops.values()].map((op) => op.seq)),
      items: ['a', 'b', 'c'].map((id) => ({
        id,
        kind: 'multiple',
        stem: `题目 ${id}`,
        points_milli: 1_000,
        options: ['A', 'B', 'C', 'D'].map((option) => ({ id: `${id}${option}`, text: option })),
        answer: best.get(id)?.value ?? null,
        answer_seq: best.get(id)?.seq ?? 0,
      })),
    };
  }

  private iso(at: number): string {
    return new Date(at).toISOString();
  }
}

function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (Math.imul(a, 1_664_525) + 1_013_904_223) >>> 0;
    return a / 4_294_967_296;
  };
}

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

async function sit(visitor: Visitor, desk: Desk): Promise<void> {
  await visitor.context.route(`**/api/v1/attempts/${ID}**`, (route) => desk.answer(route));
  await visitor.signIn('learner', `/attempts/${ID}`);
  await visitor.page.getByTestId('question').waitFor();
}

async function reopen(visitor: Visitor): Promise<Page> {
  const fresh = await visitor.context.newPage();
  await fresh.goto(url(`/attempts/${ID}`));
  return fresh;
}

async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await Promise.race([session.send('Page.crash').catch(() => undefined), page.waitForEvent('crash')]);
  await page.close().catch(() => undefined);
}

describe('answers over a bad network', () => {
  // Fault E1 and E3: every answer given reaches the server exactly once per operation, whatever the
  // network and the tab go through, and "saved" is shown only for what the server holds.
  // Seen red with a journal kept in memory and with restored operations not sent again.
  it.each(Array.from({ length: SCHEDULES }, (_, i) => i + 1))('schedule %i', async (seed) => {
    const dice = seeded(seed * 7_919);
    const desk = new Desk();
    const visitor = await Visitor.at(browser, 'phone');
    await sit(visitor, desk);
    let { page } = visitor;
    desk.fault = () => {
      const roll = dice();
      if (roll < 0.12) return 'refuse';
      if (roll < 0.3) return 'lose';
      return roll < 0.36 ? 'busy' : undefined;
    };
    const cut = async () => {
      desk.online = false;
      await visitor.context.setOffline(true);
    };
    /** The tab dies or is reloaded as it is; only after that the API answers again. */
    const restart = async (how: 'reload' | 'crash') => {
      if (how === 'crash') await crash(page);
      await visitor.context.setOffline(false);
      if (how === 'crash') page = await reopen(visitor);
      else await page.reload();
      desk.online = true;
      await page.getByTestId('question').waitFor();
      at = 0;
    };
    const answer = async () => {
      await page
        .getByTestId('option')
        .nth(Math.floor(dice() * 4))
        .click();
      const item = await page.getByTestId('question').getAttribute('data-item');
      const on = page.locator('[data-testid=option][data-checked=true]');
      given.set(item!, await on.evaluateAll((all) => all.map((one) => one.dataset.option!)));
      await page.waitForTimeout(250); // by then it is in the journal
      const badge = await page.getByTestId('save-badge').getAttribute('data-status');
      if (badge === 'saved') expect(desk.held().get(item!)?.value).toEqual(given.get(item!));
    };
    let at = 0;
    const given = new Map<string, string[]>();
    for (let step = 0; step < STEPS; step++) {
      const roll = dice();
      if (roll < 0.62) await answer();
      else if (roll < 0.72) {
        await page.getByTestId(at < 2 ? 'next' : 'previous').click();
        at += at < 2 ? 1 : -1;
      } else if (roll < 0.86) {
        if (desk.online) await cut();
        else {
          desk.online = true;
          await visitor.context.setOffline(false);
        }
      } else await restart(roll < 0.93 ? 'reload' : 'crash');
    }
    await cut();
    await answer();
    await restart('crash');
    desk.fault = () => undefined;
    await until(
      'all answers on the server',
      () => Promise.resolve([...given].every(([item, value]) => same(desk.held().get(item)?.value, value))),
      30,
    );
    expect([...desk.applied.values()].every((times) => times === 1)).toBe(true);
    await visitor.context.close();
  });
});

function same(a: string[] | undefined, b: string[]): boolean {
  return JSON.stringify(a ?? []) === JSON.stringify(b);
}

// Fault E4. Seen red with ServerClock reading Date.now().
it('the countdown does not follow the clock of the device', async () => {
  const desk = new Desk();
  const visitor = await Visitor.at(browser, 'phone');
  await visitor.context.addInitScript(() => {
    const shift = { ms: 86_400_000 };
    Object.assign(globalThis, { deviceShift: shift });
    const real = Date.now.bind(Date);
    Date.now = () => real() + shift.ms;
  });
  await sit(visitor, desk);
  const { page } = visitor;
  const apart = async () => {
    const shown = Number(await page.getByTestId('timer').getAttribute('data-seconds'));
    return Math.abs(shown - (desk.due - Date.now()) / 1_000);
  };
  expect(await apart()).toBeLessThanOrEqual(1.5);
  for (const ms of [-86_400_000, 3_600_000, 0]) {
    await page.evaluate((to) => {
      (globalThis as unknown as { deviceShift: { ms: number } }).deviceShift.ms = to;
    }, ms);
    await page.waitForTimeout(2_500);
    expect(await apart()).toBeLessThanOrEqual(1.5);
  }
  desk.due += 600_000; // an extension reaches the page with the next save
  await page.getByTestId('option').first().click();
  await page.locator('[data-testid=save-badge][data-status=saved]').waitFor();
  expect(await apart()).toBeLessThanOrEqual(1.5);
  await visitor.leave();
});
