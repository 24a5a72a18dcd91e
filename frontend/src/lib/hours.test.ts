import { describe, expect, it } from 'vitest';
import { formatBytes } from './bytes';
import { formatHours, formatPoints, formatSignedHours, group, parseHours, percent } from './hours';

describe('hours', () => {
  it.each([
    [2650, '26.5'],
    [4000, '40'],
    [25, '0.25'],
    [5, '0.05'],
    [0, '0'],
    [120_000, '1,200'],
    [-400, '−4'],
  ])('%d centi-hours are %s', (centi, text) => expect(formatHours(centi)).toBe(text));

  it('carries its sign in the ledger', () => {
    expect(formatSignedHours(100)).toBe('+1');
    expect(formatSignedHours(-150)).toBe('−1.5');
    expect(formatSignedHours(0)).toBe('0');
  });

  it('reads what it writes', () => {
    for (const centi of [0, 5, 25, 50, 100, 150, 2650, 99_999]) {
      expect(parseHours(formatHours(centi).replace(',', ''))).toBe(centi);
    }
    for (const wrong of ['', '1.234', '-1', 'x', '1,5']) expect(parseHours(wrong)).toBeUndefined();
  });
});

describe('numbers', () => {
  it('says 100 only when all is done', () => {
    expect(percent(9_999, 10_000)).toBe(99);
    expect(percent(10_000, 10_000)).toBe(100);
    expect(percent(0, 10)).toBe(0);
    expect(percent(0, 0)).toBe(100);
  });

  it('writes points and groups', () => {
    expect(formatPoints(2500)).toBe('2.5');
    expect(formatPoints(100_000)).toBe('100');
    expect(formatPoints(0)).toBe('0');
    expect(formatPoints(333)).toBe('0.333');
    expect(group(1842)).toBe('1,842');
    expect(group(1_000_000)).toBe('1,000,000');
  });

  it('writes bytes', () => {
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(1536)).toBe('1.5 KB');
    expect(formatBytes(3.2 * 1024 ** 3)).toBe('3.2 GB');
    expect(formatBytes(500 * 1024 ** 2)).toBe('500 MB');
  });
});
