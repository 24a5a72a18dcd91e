import { describe, expect, it } from 'vitest';

import { FreezeWatch, ServerClock } from './server-clock';

const SERVER = Date.parse('2026-11-23T06:00:00Z');
const iso = (ms: number) => new Date(ms).toISOString();

describe('the server clock', () => {
  it('dates an answer to the middle of its request', () => {
    let mono = 1_000;
    const clock = new ServerClock({ now: () => mono });
    clock.sample(1_000, 1_400, iso(SERVER));
    mono = 1_400;
    expect(clock.now()).toBe(SERVER + 200);
  });

  it('keeps the sample that says most while both can be true', () => {
    const clock = new ServerClock({ now: () => 0 });
    clock.sample(0, 100, iso(SERVER));
    const before = clock.now();
    clock.sample(0, 4_000, iso(SERVER + 3_000));
    expect(clock.now()).toBe(before);
  });

  it('takes the newer one when the monotonic clock stood still meanwhile', () => {
    const clock = new ServerClock({ now: () => 0 });
    clock.sample(0, 100, iso(SERVER));
    clock.sample(0, 900, iso(SERVER + 600_000));
    expect(Math.abs(clock.now() - (SERVER + 600_000))).toBeLessThan(1_000);
  });

  it('leaves what is not a time alone', () => {
    const clock = new ServerClock({ now: () => 0 });
    clock.sample(0, 0, 'soon');
    expect(clock.known).toBe(false);
  });
});

it('a jump of the wall clock or a sleep is noticed once', () => {
  let mono = 0;
  let wall = 1_000_000;
  const watch = new FreezeWatch(
    () => mono,
    () => wall,
  );
  mono += 5_000;
  wall += 5_100;
  expect(watch.parted()).toBe(false);
  wall += 86_400_000;
  expect(watch.parted()).toBe(true);
  expect(watch.parted()).toBe(false);
});
