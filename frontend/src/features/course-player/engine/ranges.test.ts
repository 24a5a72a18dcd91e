import { describe, expect, it } from 'vitest';

import { seeded } from '@/lib/virtual-time';
import type { Range } from '../model';
import { holes, includes, reach, subtract, total, union } from './ranges';

/** The same on single milliseconds, slowly. */
function points(ranges: readonly Range[]): Set<number> {
  const set = new Set<number>();
  for (const [from, to] of ranges) for (let at = from; at < to; at++) set.add(at);
  return set;
}

function random(dice: () => number): Range[] {
  return Array.from({ length: Math.floor(dice() * 6) }, () => {
    const from = Math.floor(dice() * 60);
    return [from, from + Math.floor(dice() * 20)];
  });
}

describe('ranges', () => {
  it('join and take away as sets do', () => {
    const dice = seeded(7);
    for (let round = 0; round < 500; round++) {
      const [a, b] = [random(dice), random(dice)];
      expect(points(union([...a, ...b]))).toEqual(new Set([...points(a), ...points(b)]));
      expect(points(subtract(a, b))).toEqual(new Set([...points(a)].filter((at) => !points(b).has(at))));
      expect(total(a)).toBe(points(a).size);
      const end = Math.max(0, ...a.map(([, to]) => to));
      expect(total(holes(a))).toBe(end - points(a).size);
    }
  });

  it('reach from the beginning over small gaps only', () => {
    const watched: Range[] = [
      [0, 10_000],
      [10_900, 20_000],
      [30_000, 40_000],
    ];
    expect(reach(watched, 1_000)).toBe(20_000);
    expect(reach([[5_000, 9_000]], 1_000)).toBe(0);
    expect(includes(watched, 35_000)).toBe(true);
    expect(includes(watched, 25_000)).toBe(false);
  });
});
