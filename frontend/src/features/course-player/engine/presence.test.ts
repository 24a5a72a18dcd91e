import { describe, expect, it } from 'vitest';
import { seeded, VirtualTime } from '@/lib/virtual-time';
import type { PlayOpened } from '../model';
import { bindVideo, type Video } from './bind-video';
import { Play } from './play';
import { Presence } from './presence';
import { total } from './ranges';
import { Shelf } from './shelf';
import { FakeChecks, FakeLearning, FakeVideo, memoryStorage } from './testing';

const EVERY = 40_000;

function watch(change: Partial<PlayOpened> = {}) {
  const time = new VirtualTime();
  const server = new FakeLearning(time);
  server.completedAt = change.completed_at ?? null;
  const checks = new FakeChecks(time, EVERY);
  const presence = { due_ms: EVERY, answer_s: 60, on_miss: 'pause' as const };
  const play = new Play(server.opened({ presence, ...change }), {
    timers: time,
    transport: server.transport(),
    shelf: new Shelf(memoryStorage()),
    random: seeded(1),
  });
  const video = new FakeVideo(time, server.durationMs);
  bindVideo(video as unknown as Video, play, {
    allowSkip: true,
    maxRate: 2,
    onSkipRefused: () => {},
    onRateRefused: () => {},
  });
  let seen = true;
  const guard = new Presence(play, {
    timers: time,
    transport: checks.transport(),
    random: seeded(2),
    visible: () => seen,
  });
  const leave = guard.follow();
  // What the page does: the picture waits for the answer.
  guard.subscribe(() => {
    if (guard.getSnapshot().phase !== 'idle') video.pause();
  });
  const see = (visible: boolean) => {
    seen = visible;
    if (visible) guard.wake();
  };
  const phase = () => guard.getSnapshot().phase;
  return { time, server, checks, play, video, guard, leave, see, phase };
}

describe('a presence check', () => {
  // Seen red with look() answering before it compares the time: asked at the first tick; with playedMs() in
  // media time: at twice the speed the check came at 20 s.
  it.each([1, 2])('comes after so much playing by the clock, at %i times the speed', async (rate) => {
    const w = watch();
    w.video.playbackRate = rate;
    w.video.play();
    await w.video.run(EVERY - 1_000);
    expect(w.phase()).toBe('idle');
    await w.video.run(1_500);
    expect(w.phase()).toBe('shown');
    expect(w.video.paused).toBe(true);
    await w.video.run(20_000);
    expect(w.play.playedMs()).toBeLessThanOrEqual(EVERY + 500);
  });

  it('that is passed lets the video go on, to the next one', async () => {
    const w = watch();
    for (const round of [1, 2, 3]) {
      w.video.play();
      await w.video.run(EVERY + 500);
      expect(w.phase()).toBe('shown');
      w.guard.answer('yes');
      w.guard.answer('yes');
      await w.time.advance(100);
      expect(w.phase()).toBe('idle');
      expect(w.checks.answers).toHaveLength(round);
    }
    await w.time.advance(20_000);
    expect(total(w.server.coverage)).toBeGreaterThanOrEqual(3 * EVERY);
  });

  // Seen red without the timer in ask(): the question stood for ever.
  it('that nobody answers is missed when its time is over', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(EVERY + 500);
    await w.time.advance(61_000);
    expect(w.phase()).toBe('missed');
    expect(w.checks.answers).toEqual(['']);
    w.guard.answer('yes');
    await w.time.advance(1_000);
    expect(w.checks.answers).toEqual(['']);
  });

  // Seen red with due() asking at once: the time to answer ran while nobody could see the question.
  it('waits until the page can be seen', async () => {
    const w = watch();
    w.video.play();
    w.see(false);
    await w.video.run(EVERY + 500);
    await w.time.advance(300_000);
    expect([w.phase(), w.checks.asked, w.video.paused]).toEqual(['asking', 0, true]);
    w.see(true);
    await w.time.advance(100);
    expect(w.phase()).toBe('shown');
  });

  it('is asked and answered again while the server is away', async () => {
    const w = watch();
    w.checks.online = false;
    w.video.play();
    await w.video.run(EVERY + 5_000);
    expect(w.guard.getSnapshot()).toMatchObject({ phase: 'asking', trouble: true });
    w.checks.online = true;
    await w.time.advance(30_000);
    expect(w.guard.getSnapshot()).toMatchObject({ phase: 'shown', trouble: false });
    w.checks.online = false;
    w.guard.answer('yes');
    await w.time.advance(3_000);
    expect(w.guard.getSnapshot()).toMatchObject({ phase: 'sending', trouble: true });
    w.checks.online = true;
    await w.time.advance(40_000);
    expect(w.phase()).toBe('idle');
    expect(w.checks.passed).toBe(1);
  });

  it('for which the server says it is early is asked again', async () => {
    const w = watch();
    w.checks.early = true;
    w.video.play();
    await w.video.run(EVERY + 1_000);
    expect(w.phase()).toBe('asking');
    w.checks.early = false;
    await w.time.advance(5_000);
    expect(w.phase()).toBe('shown');
  });

  it('that the server holds for missed is missed', async () => {
    const w = watch();
    w.checks.missed = true;
    w.video.play();
    await w.video.run(EVERY + 1_000);
    expect(w.phase()).toBe('missed');
  });

  it('at the beginning comes with the first moment of playing, or at once for one who goes on', async () => {
    const presence = { due_ms: 0, answer_s: 60, on_miss: 'pause' as const };
    const w = watch({ presence });
    await w.time.advance(5_000);
    expect(w.phase()).toBe('idle');
    w.video.play();
    await w.video.run(500);
    expect(w.phase()).toBe('shown');
    const again = watch({ presence });
    again.guard.begin();
    await again.time.advance(100);
    expect(again.phase()).toBe('shown');
  });

  it('is not asked of a complete lesson, nor where the course does not ask', async () => {
    const done = watch({ completed_at: '2026-11-23T06:00:00Z' });
    const { presence: _, ...without } = done.play.opened;
    for (const w of [done, watch({ ...without, presence: undefined as never })]) {
      w.guard.begin();
      w.video.play();
      await w.video.run(3 * EVERY);
      expect([w.phase(), w.checks.asked]).toEqual(['idle', 0]);
    }
  });

  it('asks nothing after the page was left', async () => {
    const w = watch();
    w.video.play();
    await w.video.run(EVERY + 500);
    w.leave();
    await w.time.advance(61_000);
    expect(w.checks.answers).toEqual([]);
  });
});
