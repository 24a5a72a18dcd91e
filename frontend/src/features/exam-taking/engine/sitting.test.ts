import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';

import { seeded, VirtualTime } from '@/lib/virtual-time';
import { openJournal } from './journal';
import type { Journal } from './journal';
import { ServerClock } from './server-clock';
import { Sitting } from './sitting';
import { singleTab } from './tabs';
import type { Tabs } from './tabs';
import { FakeServer, items, newJournal, TabGroup, trackedJournal } from './testing';

interface World {
  time: VirtualTime;
  server: FakeServer;
  disk: IDBFactory;
  sitting: Sitting;
  reload(tabs?: Tabs): Promise<Sitting>;
}

let ids = 0;

async function open(
  server: FakeServer,
  journal: Journal,
  random: () => number,
  tabs: Tabs,
): Promise<Sitting> {
  const clock = new ServerClock(server.time);
  const attempt = server.attempt();
  clock.sample(server.time.now(), server.time.now(), attempt.server_now);
  const ports = {
    journal,
    transport: server.transport(),
    tabs,
    timers: server.time,
    random,
    newId: () => `op-${++ids}`,
  };
  const sitting = await Sitting.open(attempt, ports, clock);
  await server.time.settle();
  return sitting;
}

async function world(count = 10, seed = 1, durationMs?: number): Promise<World> {
  const time = new VirtualTime();
  const server = new FakeServer(time, items(count), durationMs);
  const disk = new IDBFactory();
  const random = seeded(seed);
  const w: World = {
    time,
    server,
    disk,
    sitting: await open(server, await newJournal(time, disk), random, singleTab()),
    async reload(tabs = singleTab()) {
      w.sitting.close();
      await time.settle();
      w.sitting = await open(server, await newJournal(time, disk), random, tabs);
      return w.sitting;
    },
  };
  return w;
}

const status = (s: Sitting, item: string) => s.getSnapshot().answers.get(item)?.status;

describe('an answer', () => {
  it('is in the journal before it is sent, and saved only after the acknowledgement', async () => {
    const w = await world();
    w.sitting.answer('q1', ['a']);
    expect(status(w.sitting, 'q1')).toBe('writing');
    await w.time.settle();
    expect(status(w.sitting, 'q1')).toBe('local');
    expect(await (await openJournal(w.disk)).load('attempt-1')).toMatchObject([
      { item: 'q1', seq: 1, state: 'local' },
    ]);
    expect(w.server.saves).toBe(0);
    await w.time.advance(425);
    expect(w.server.received.size).toBe(1);
    expect(status(w.sitting, 'q1')).toBe('local'); // the server has it, but nobody told us yet
    await w.time.advance(40);
    expect(status(w.sitting, 'q1')).toBe('saved');
    expect(await (await openJournal(w.disk)).load('attempt-1')).toMatchObject([{ state: 'saved' }]);
  });

  it('goes with others in one request', async () => {
    const w = await world();
    for (let i = 1; i <= 5; i++) w.sitting.answer(`q${i}`, ['a']);
    await w.time.advance(1_000);
    expect(w.server.received.size).toBe(5);
    expect(w.server.saves).toBe(1);
  });

  // Complaint 3 (Artemis#12948): restored answers were marked as synced and never sent.
  // Seen red with mergeAnswers giving restored operations the status 'saved' and an empty `unsent`.
  it('that was only local when the tab died is restored as local and sent', async () => {
    const w = await world();
    w.server.online = false;
    w.sitting.answer('q1', ['a', 'c']);
    await w.time.advance(5_000);
    await w.reload();
    expect(status(w.sitting, 'q1')).toBe('local');
    expect(w.sitting.getSnapshot().answers.get('q1')?.value).toEqual(['a', 'c']);
    w.server.online = true;
    await w.time.advance(15_000);
    expect(status(w.sitting, 'q1')).toBe('saved');
    expect(w.server.answers().get('q1')?.value).toEqual(['a', 'c']);
  });

  it('that the server no longer has is sent again although it was acknowledged', async () => {
    const w = await world();
    w.sitting.answer('q1', ['b']);
    await w.time.advance(2_000);
    expect(status(w.sitting, 'q1')).toBe('saved');
    w.server.received.clear(); // restored from an older backup
    await w.reload();
    expect(status(w.sitting, 'q1')).toBe('local');
    await w.time.advance(2_000);
    expect(w.server.answers().get('q1')?.value).toEqual(['b']);
  });

  it('is sent even where the browser keeps nothing, and the page says so', async () => {
    const time = new VirtualTime();
    const server = new FakeServer(time, items(3));
    const journal = await newJournal(time);
    const broken: Journal = { ...journal, append: () => Promise.reject(new Error('quota')) };
    const sitting = await open(server, broken, seeded(1), singleTab());
    sitting.answer('q1', ['a']);
    await time.settle();
    expect(status(sitting, 'q1')).toBe('unkept');
    expect(sitting.getSnapshot().kept).toBe(false);
    await time.advance(1_000);
    expect(status(sitting, 'q1')).toBe('saved');
  });

  it('that the server refuses does not hold up the others', async () => {
    const w = await world();
    const { save } = w.server.transport();
    const transport = w.server.transport();
    transport.save = async (epoch, batch) => {
      if (batch.some((op) => op.item === 'q2')) {
        w.server.fault = () => ({ status: 422 });
        await save(epoch, batch).finally(() => (w.server.fault = () => ({})));
      }
      return save(epoch, batch);
    };
    const clock = new ServerClock(w.time);
    clock.sample(w.time.now(), w.time.now(), w.server.iso());
    const sitting = await Sitting.open(
      w.server.attempt(),
      {
        journal: await newJournal(w.time),
        transport,
        tabs: singleTab(),
        timers: w.time,
        random: seeded(2),
        newId: () => `op-${++ids}`,
      },
      clock,
    );
    for (const item of ['q1', 'q2', 'q3']) sitting.answer(item, ['a']);
    await w.time.advance(5_000);
    expect(status(sitting, 'q1')).toBe('saved');
    expect(status(sitting, 'q2')).toBe('refused');
    expect(status(sitting, 'q3')).toBe('saved');
  });
});

describe('random schedules', () => {
  // Every operation reaches the server exactly once per op id, in whatever order the network
  // breaks; the badge says "saved" only for what the server holds; nothing journalled is lost.
  // Seen red with each of: Sender.take forgetting the whole batch instead of the named ids (22
  // seeds), onWritten showing 'saved' (202), a new op_id on each try (211), mergeAnswers treating
  // restored operations as saved (193), seq counted outside the journal's transaction (59).
  it.each(Array.from({ length: 200 }, (_, i) => i + 1))('seed %i', async (seed) => {
    const random = seeded(seed);
    const w = await world(8, seed);
    const given = new Map<string, string[]>();
    const check = () => {
      const held = w.server.answers();
      for (const [item, view] of w.sitting.getSnapshot().answers) {
        if (view.status === 'saved')
          expect(held.get(item)?.value, `${item} shown as saved`).toEqual(view.value);
      }
      for (const times of w.server.applied.values()) expect(times).toBe(1);
    };
    w.server.fault = () => {
      const dice = random();
      if (dice < 0.15) return { requestLost: true };
      if (dice < 0.35) return { ackLost: true };
      if (dice < 0.5) return { half: true };
      if (dice < 0.57) return { status: random() < 0.5 ? 503 : 500 };
      return {};
    };
    for (let step = 0; step < 40; step++) {
      const dice = random();
      if (dice < 0.55) {
        const item = `q${1 + Math.floor(random() * 8)}`;
        const value = ['a', 'b', 'c', 'd'].filter(() => random() < 0.5);
        w.sitting.answer(item, value);
        given.set(item, value);
        if (random() < 0.7) await w.time.settle(); // within 250 ms the journal has it
      } else if (dice < 0.65) w.server.online = !w.server.online;
      else if (dice < 0.75) {
        await w.time.settle();
        await w.reload();
      } else await w.time.advance(random() * 3_000);
      check();
    }
    w.server.online = true;
    w.server.fault = () => ({});
    await w.time.advance(30_000);
    check();
    expect(w.sitting.getSnapshot().pending).toBe(0);
    const held = w.server.answers();
    for (const [item, value] of given) expect(held.get(item)?.value, item).toEqual(value);
    const journalled = await (await openJournal(w.disk)).load('attempt-1');
    expect(new Set(w.server.received.keys())).toEqual(new Set(journalled.map((op) => op.op_id)));
  });
});

describe('several tabs', () => {
  it('share answers, one of them sends, and the next takes over when it closes', async () => {
    const time = new VirtualTime();
    const server = new FakeServer(time, items(4));
    const group = new TabGroup();
    const disk = new IDBFactory();
    const first = await open(server, await newJournal(time, disk), seeded(1), group.tab());
    const second = await open(server, await newJournal(time, disk), seeded(2), group.tab());
    second.answer('q1', ['b']);
    await time.settle();
    expect(first.getSnapshot().answers.get('q1')?.value).toEqual(['b']);
    await time.advance(1_000);
    expect(server.saves).toBe(1);
    expect(status(second, 'q1')).toBe('saved');
    first.answer('q1', ['c']);
    await time.settle();
    first.close();
    await time.advance(2_000);
    expect(server.answers().get('q1')?.value).toEqual(['c']);
    expect(status(second, 'q1')).toBe('saved');
    const seqs = (await (await openJournal(disk)).load('attempt-1')).map((op) => op.seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });
});

describe('another device', () => {
  it('stops this one; what is unsent is kept and goes out after an explicit take-over back', async () => {
    const w = await world();
    w.server.epoch = 2;
    w.sitting.answer('q1', ['a']);
    await w.time.advance(1_000);
    expect(w.sitting.getSnapshot().phase).toBe('taken_over');
    expect(status(w.sitting, 'q1')).toBe('local');
    w.sitting.answer('q2', ['a']);
    expect(status(w.sitting, 'q2')).toBeUndefined();
    w.server.epoch = 3;
    await w.reload();
    await w.time.advance(1_000);
    expect(status(w.sitting, 'q1')).toBe('saved');
  });
});

describe('submit', () => {
  // Seen red with finishWhenDrained not looking at what is unacknowledged.
  it('waits until every answer is on the server', async () => {
    const w = await world();
    w.server.online = false;
    w.sitting.answer('q1', ['a']);
    await w.time.advance(1_000);
    w.sitting.submit();
    await w.time.advance(20_000);
    expect(w.sitting.getSnapshot().phase).toBe('draining');
    expect(w.server.submits).toBe(0);
    w.server.online = true;
    await w.time.advance(12_000);
    expect(w.sitting.getSnapshot()).toMatchObject({
      phase: 'submitted',
      end: { by: 'self', receipt: 'R-1' },
    });
    expect(w.server.answers().get('q1')?.value).toEqual(['a']);
  });

  it('can be taken back while it waits', async () => {
    const w = await world();
    w.server.online = false;
    w.sitting.answer('q1', ['a']);
    w.sitting.submit();
    await w.time.advance(1_000);
    w.sitting.cancelSubmit();
    w.server.online = true;
    await w.time.advance(30_000);
    expect(w.sitting.getSnapshot().phase).toBe('answering');
    expect(w.server.submits).toBe(0);
  });

  it('is repeated after a lost acknowledgement and gives the first receipt', async () => {
    const w = await world();
    let lost = 2;
    w.server.fault = () => ({ ackLost: lost-- > 0 });
    w.sitting.submit();
    await w.time.advance(15_000);
    expect(w.server.submits).toBe(3);
    expect(w.sitting.getSnapshot()).toMatchObject({ phase: 'submitted', end: { receipt: 'R-1' } });
  });

  it('elsewhere closes this tab at its next save', async () => {
    const w = await world();
    w.server.state = 'submitted';
    w.server.submittedAt = w.server.iso();
    w.sitting.answer('q1', ['a']);
    await w.time.advance(2_000);
    expect(w.sitting.getSnapshot()).toMatchObject({
      phase: 'submitted',
      pending: 1,
      end: { by: 'elsewhere' },
    });
  });
});

describe('the end of time', () => {
  it('sends what is left and submits by itself', async () => {
    const w = await world(3, 1, 60_000);
    await w.time.advance(59_800);
    w.sitting.answer('q1', ['a']);
    await w.time.advance(1_000);
    expect(w.sitting.getSnapshot()).toMatchObject({ phase: 'submitted', pending: 0, end: { by: 'time' } });
    expect(w.server.answers().get('q1')?.value).toEqual(['a']);
  });

  it('without network says so, and what arrives late is sealed, not shown as saved', async () => {
    const w = await world(3, 1, 60_000);
    w.server.online = false;
    w.sitting.answer('q1', ['a']);
    await w.time.advance(70_000);
    expect(w.sitting.getSnapshot()).toMatchObject({ phase: 'time_up', pending: 1 });
    w.sitting.answer('q2', ['a']);
    expect(status(w.sitting, 'q2')).toBeUndefined();
    w.server.online = true;
    await w.time.advance(15_000);
    expect(w.sitting.getSnapshot()).toMatchObject({
      phase: 'submitted',
      pending: 0,
      sealed: 1,
      end: { by: 'time' },
    });
    expect(status(w.sitting, 'q1')).toBe('sealed');
    expect(w.server.sealed.size).toBe(1);
  });

  it('moves when the server moves it', async () => {
    const w = await world(3, 1, 60_000);
    w.server.dueAt += 600_000;
    w.sitting.answer('q1', ['a']);
    await w.time.advance(61_000);
    expect(w.sitting.getSnapshot().phase).toBe('answering');
    expect(Math.round(w.sitting.remainingMs() / 1000)).toBe(599);
  });
});

describe('the countdown', () => {
  // Seen red with ServerClock.now() reading Date.now(): the jump moved it by a day.
  it.each([-86_400_000, -3_600_000, 1_800_000, 86_400_000])(
    'does not follow the wall clock (%i ms)',
    async (jump) => {
      const w = await world();
      const before = w.sitting.remainingMs();
      const real = Date.now;
      try {
        Date.now = () => real() + jump;
        await w.time.advance(5_000);
        expect(before - w.sitting.remainingMs()).toBe(5_000);
      } finally {
        Date.now = real;
      }
    },
  );

  it('is right again after the machine slept with its monotonic clock stopped', async () => {
    const w = await world();
    const server = w.server as FakeServer & { opened: number };
    server.opened += 600_000; // ten minutes passed for the server only
    server.dueAt += 0;
    expect(w.sitting.remainingMs()).toBeGreaterThan(3_590_000);
    const asking = w.sitting.resync();
    await w.time.advance(100);
    await asking;
    expect(Math.abs(w.sitting.remainingMs() - (server.dueAt - server.now()))).toBeLessThan(1_000);
  });

  it('after a freeze past the end is up at once', async () => {
    const w = await world(3, 1, 60_000);
    w.time.freeze(120_000);
    expect(w.sitting.remainingMs()).toBe(0);
    await w.time.advance(1_000);
    expect(w.sitting.getSnapshot().phase).toBe('submitted');
  });
});

function operation(id: string, attempt: string) {
  return { op_id: id, attempt_id: attempt, item: 'q', value: [], at: '2026-01-01' };
}

describe('journal', () => {
  it('keeps what is not acknowledged and prunes old acknowledged attempts', async () => {
    const time = new VirtualTime();
    const journal = trackedJournal(await openJournal(new IDBFactory()), time);
    await journal.append(operation('1', 'old'), 0);
    await journal.append(operation('2', 'old'), 0);
    await journal.append(operation('3', 'now'), 7);
    await journal.settle('old', ['1'], 'saved', 'x');
    await journal.prune('now', '2026-06-01');
    expect((await journal.load('old')).map((o) => o.op_id)).toEqual(['2']);
    expect(await journal.load('now')).toMatchObject([{ seq: 8 }]);
  });

  it('gives two tabs different numbers', async () => {
    const disk = new IDBFactory();
    const [one, two] = [await openJournal(disk), await openJournal(disk)];
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).append(operation(String(i), 'a'), 0)),
    );
    expect(new Set(written.map((o) => o.seq)).size).toBe(20);
  });
});
