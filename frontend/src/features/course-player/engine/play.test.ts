import { describe, expect, it } from 'vitest';

import { NetworkError, ProblemError } from '@/lib/problem';
import { seeded, VirtualTime } from '@/lib/virtual-time';
import type { Range } from '../model';
import type { Video } from './bind-video';
import { bindVideo } from './bind-video';
import { Play } from './play';
import { subtract, total, union } from './ranges';
import { sendShelved, Shelf } from './shelf';
import { FakeLearning, FakeVideo, memoryStorage } from './testing';

interface Options {
  seed?: number;
  allowSkip?: boolean;
  maxRate?: number;
  resume?: number;
  coverage?: Range[];
  storage?: Pick<Storage, 'getItem' | 'setItem'>;
}

function watch(options: Options = {}) {
  const time = new VirtualTime();
  const server = new FakeLearning(time);
  server.coverage = options.coverage ?? [];
  const shelf = new Shelf(options.storage ?? memoryStorage());
  const play = new Play(server.opened({ resume_ms: options.resume ?? 0 }), {
    timers: time,
    transport: server.transport(),
    shelf,
    random: seeded(options.seed ?? 1),
  });
  const video = new FakeVideo(time, server.durationMs);
  const skips: number[] = [];
  const rates: number[] = [];
  const unbind = bindVideo(video as unknown as Video, play, {
    allowSkip: options.allowSkip ?? true,
    maxRate: options.maxRate ?? 2,
    onSkipRefused: (wanted) => skips.push(wanted),
    onRateRefused: (wanted) => rates.push(wanted),
  });
  return { time, server, shelf, play, video, skips, rates, unbind };
}

const claimed = (w: ReturnType<typeof watch>): Range[] => union(w.server.coverage);

describe('what is claimed', () => {
  it('is what was played, reported every 15 s and at a pause', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(14_000);
    expect(w.server.reports).toBe(0);
    await w.video.run(2_000);
    expect(w.server.reports).toBe(1);
    await w.video.run(4_000);
    w.video.pause();
    await w.time.advance(100);
    expect(w.server.reports).toBe(2);
    expect(claimed(w)).toEqual([[0, 20_000]]);
    expect(w.play.getSnapshot()).toMatchObject({ pending: [], credited_ms: 20_000 });
  });

  it('is never a part that was jumped over', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(10_000);
    w.video.currentTime = 590;
    await w.video.run(5_000);
    w.video.pause();
    await w.time.advance(200);
    expect(claimed(w)).toEqual([
      [0, 10_000],
      [590_000, 595_000],
    ]);
  });

  // Seen red with SpanTracker.follows answering true: the jump of five minutes was claimed.
  it('is not a jump without a seeking event either', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(5_000);
    Object.assign(w.video, { position: 300_000 });
    await w.video.run(5_000);
    w.video.pause();
    await w.time.advance(200);
    expect(total(claimed(w))).toBeLessThanOrEqual(10_000);
  });

  it('ends where the medium ends, though players run past it', async () => {
    const w = watch();
    w.video.play();
    w.video.currentTime = 595;
    w.play.progress(595_000, 1);
    await w.time.advance(5_100);
    w.play.progress(600_100, 1);
    w.play.stop(600_100);
    await w.time.advance(200);
    expect(w.server.seen.at(-1)?.spans.at(-1)).toMatchObject({ to_ms: 600_000 });
    expect(w.play.getSnapshot().pending).toEqual([]);
  });

  // Seen red without the look at readyState in bindVideo: one report where none was due; with the open
  // span grown by the clock in SpanTracker.progress: [400, 40400] claimed of [400, 15400] played.
  it('is nothing of the time the video waits for bytes', async () => {
    const w = watch();
    w.video.stall(true);
    w.video.play();
    Object.assign(w.video, { position: 400 });
    w.video.dispatchEvent(new Event('timeupdate'));
    await w.video.run(30_000);
    expect(w.server.reports).toBe(0);
    w.video.stall(false);
    await w.video.run(10_000);
    w.video.stall(true);
    await w.video.run(30_000);
    w.video.stall(false);
    await w.video.run(5_000);
    w.video.pause();
    await w.time.advance(200);
    expect(claimed(w)).toEqual([[400, 15_400]]);
  });

  it('keeps each speed in its own span', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(10_000);
    w.video.playbackRate = 2;
    await w.video.run(10_000);
    w.video.pause();
    await w.time.advance(200);
    expect(w.server.seen.at(-1)?.spans).toEqual([
      { from_ms: 0, to_ms: 10_000, rate: 1 },
      { from_ms: 10_000, to_ms: 30_000, rate: 2 },
    ]);
  });

  // Seen red with bindVideo deaf to `seeking` (4 of 150 seeds over-claim), with reports that carry
  // only the last span (71), and with Play.fail planning no next try (32).
  it.each(Array.from({ length: 150 }, (_, i) => i + 1))(
    'random viewing and network, seed %i',
    async (seed) => {
      const random = seeded(seed);
      const w = watch({ seed });
      w.server.fault = () => {
        const dice = random();
        if (dice < 0.15) return 'request';
        if (dice < 0.3) return 'ack';
        return dice < 0.37 ? 'server' : undefined;
      };
      for (let step = 0; step < 30; step++) {
        const dice = random();
        if (dice < 0.15) w.video.play();
        else if (dice < 0.25) w.video.pause();
        else if (dice < 0.35) w.video.currentTime = random() * 600;
        else if (dice < 0.42) w.video.playbackRate = [1, 1.5, 2][Math.floor(random() * 3)] ?? 1;
        else if (dice < 0.48) w.video.stall(random() < 0.5);
        else if (dice < 0.54) w.server.online = !w.server.online;
        else if (dice < 0.58) w.play.leave();
        else await w.video.run(random() * 20_000);
        // Shown as counted only what the server has said.
        expect(subtract(w.play.getSnapshot().coverage, w.server.coverage)).toEqual([]);
      }
      w.video.stall(false);
      w.video.pause();
      w.server.online = true;
      w.server.fault = () => undefined;
      await w.time.advance(30_000);
      const truth = union(w.video.truth);
      const over = total(subtract(claimed(w), truth));
      const lost = total(subtract(truth, claimed(w)));
      expect(over, 'claimed but not played').toBe(0);
      expect(lost, 'played but not claimed').toBeLessThanOrEqual(total(truth) * 0.05 + 4_000);
      expect(w.play.getSnapshot().pending).toEqual([]);
    },
  );
});

describe('healing', () => {
  // Complaint 21: after one failure the heartbeat never came back until the page was reloaded.
  // Seen red with Play.fail planning no next try.
  it('after failures the next report carries everything', async () => {
    const w = watch();
    w.server.online = false;
    w.video.play();
    await w.video.run(60_000);
    expect(w.play.getSnapshot().connection).toBe('retrying');
    expect(total(w.play.getSnapshot().pending)).toBe(60_000);
    w.server.online = true;
    await w.video.run(12_000);
    expect(w.play.getSnapshot().connection).toBe('ok');
    expect(total(claimed(w))).toBeGreaterThanOrEqual(60_000);
  });

  it('completes once and says that it was now', async () => {
    const w = watch();
    w.video.playbackRate = 2;
    w.video.play();
    await w.video.run(290_000);
    expect(w.play.getSnapshot()).toMatchObject({ completed_now: true });
  });

  it('a play the server does not know is reported as lost', async () => {
    const w = watch();
    w.server.unknown = true;
    w.video.play();
    await w.video.run(20_000);
    expect(w.play.getSnapshot()).toMatchObject({ phase: 'lost', reason: 'learning.play_closed' });
  });
});

describe('a play that has ended', () => {
  it.each(['learning.old_version', 'learning.play_expired'])(
    'because of %s is reported as lost',
    async (reason) => {
      const w = watch();
      w.server.refuse = [[0, 600_000]];
      w.server.refusal = reason;
      w.video.play();
      await w.video.run(20_000);
      expect(w.play.getSnapshot()).toMatchObject({ phase: 'lost', reason });
    },
  );
});

describe('another device', () => {
  it('stops this play, which then claims nothing more', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(16_000);
    w.server.superseded = true;
    await w.video.run(16_000);
    expect(w.play.getSnapshot().phase).toBe('superseded');
    const reports = w.server.reports;
    await w.video.run(40_000);
    expect(w.server.reports).toBe(reports);
  });
});

describe('what is not counted', () => {
  it('is listed once with its reason, and goes when it is watched again', async () => {
    const w = watch();
    w.server.refuse = [[5_000, 8_000]];
    w.video.play();
    await w.video.run(35_000);
    expect(w.play.getSnapshot().not_counted).toEqual([
      { from_ms: 5_000, to_ms: 8_000, reason: 'learning.other_device' },
    ]);
    w.server.refuse = [];
    await w.video.run(16_000);
    expect(w.play.getSnapshot().not_counted).toEqual([]);
  });
});

describe('no skipping', () => {
  it('goes back to the furthest part watched, and says so; going back is free', async () => {
    const w = watch({ allowSkip: false });
    w.video.play();
    await w.video.run(30_000);
    w.video.currentTime = 300;
    expect(w.skips).toEqual([300_000]);
    expect(w.video.currentTime).toBe(30);
    w.video.currentTime = 5;
    expect(w.video.currentTime).toBe(5);
    w.video.currentTime = 29;
    expect(w.skips).toHaveLength(1);
  });

  it('leaves what was watched behind a gap open, but not what comes after it', async () => {
    const w = watch({
      allowSkip: false,
      coverage: [
        [0, 60_000],
        [90_000, 120_000],
      ],
    });
    w.video.currentTime = 100;
    expect(w.skips).toEqual([]);
    w.video.play();
    await w.video.run(25_000);
    expect(w.skips).toHaveLength(1);
    expect(w.video.currentTime).toBeGreaterThanOrEqual(60);
    expect(w.video.currentTime).toBeLessThan(66);
  });
});

it('a speed above the limit is brought back to it', () => {
  const w = watch({ maxRate: 1.5 });
  w.video.playbackRate = 3;
  expect(w.video.playbackRate).toBe(1.5);
  expect(w.rates).toEqual([3]);
});

describe('the shelf', () => {
  it('brings the last words of a page that died before the next play opens', async () => {
    const storage = memoryStorage();
    const w = watch({ storage });
    w.server.online = false;
    w.video.play();
    await w.video.run(20_000);
    w.play.close();
    await w.time.advance(100);
    expect(new Shelf(storage).all()).toHaveLength(1);
    w.server.online = true;
    const sending = sendShelved(new Shelf(storage), (id, body) =>
      w.server.transport().report(id, body, false),
    );
    await w.time.advance(1_000);
    await sending;
    expect(claimed(w)).toEqual([[0, 20_000]]);
    expect(new Shelf(storage).all()).toEqual([]);
  });

  it('keeps a report over silence and drops it after a refusal', async () => {
    const shelf = new Shelf(memoryStorage());
    shelf.keep({ play_id: 'a', lesson_id: 'l', seq: 1, position_ms: 0, spans: [] });
    await sendShelved(shelf, () => Promise.reject(new NetworkError('unreachable')));
    expect(shelf.all()).toHaveLength(1);
    await sendShelved(shelf, () =>
      Promise.reject(new ProblemError({ status: 409, reason: 'learning.play_closed' })),
    );
    expect(shelf.all()).toEqual([]);
  });

  it('is not read from broken storage', () => {
    expect(new Shelf({ getItem: () => '{', setItem: () => {} }).all()).toEqual([]);
    expect(new Shelf(undefined).all()).toEqual([]);
  });
});
