import { afterEach, describe, expect, it } from 'vitest';
import { setCurrentLanguage } from './language';
import {
  clockSeconds,
  dayDistance,
  dayPart,
  dayText,
  dueText,
  isoDate,
  minutesLeft,
  momentText,
  playTime,
  stamp,
  whenText,
} from './time';

/** 2026-11-23 14:20 in Shanghai. */
const now = '2026-11-23T06:20:00Z';

afterEach(() => setCurrentLanguage('zh-CN'));

describe('dates are civil dates of Asia/Shanghai', () => {
  it.each([
    ['2026-11-23T05:52:00Z', '今天 13:52'],
    ['2026-11-22T12:11:00Z', '昨天 20:11'],
    ['2026-11-24T01:00:00Z', '明天 09:00'],
    ['2026-11-02T01:00:00Z', '11 月 2 日'],
    ['2025-12-31T15:59:59Z', '2025 年 12 月 31 日'],
    // A second later it is the new year in Shanghai, though not in London.
    ['2025-12-31T16:00:00Z', '1 月 1 日'],
  ])('%s is %s', (moment, text) => expect(whenText(moment, now)).toBe(text));

  it('turns the day at 16:00 UTC', () => {
    expect(isoDate('2026-11-23T15:59:59Z')).toBe('2026-11-23');
    expect(isoDate('2026-11-23T16:00:00Z')).toBe('2026-11-24');
    expect(dayDistance('2026-11-23T16:00:00Z', now)).toBe(1);
  });

  it('keeps the hour of beginnings and deadlines', () => {
    expect(momentText('2026-12-03T06:00:00Z', now)).toBe('12 月 3 日 14:00');
    expect(stamp(now)).toBe('2026-11-23 14:20');
    expect(clockSeconds('2026-11-23T06:21:48.900Z')).toBe('14:21:48');
  });

  it('speaks English when the page does', () => {
    setCurrentLanguage('en');
    expect(whenText('2026-11-22T12:11:00Z', now)).toBe('Yesterday 20:11');
    expect(dayText('2025-11-02T01:00:00Z', now)).toBe('2 Nov 2025');
  });
});

describe('deadlines', () => {
  it.each([
    ['2026-11-23T10:00:00Z', '今天', 'now'],
    ['2026-11-24T01:00:00Z', '明天', 'now'],
    ['2026-11-26T01:00:00Z', '还有 3 天', 'soon'],
    ['2026-12-10T01:00:00Z', '还有 17 天', 'later'],
    ['2027-03-10T01:00:00Z', '2027 年 3 月 10 日', 'later'],
    ['2026-11-23T06:19:59Z', '已过期', 'past'],
  ])('%s is %s', (moment, text, tone) => expect(dueText(moment, now)).toEqual({ text, tone }));
});

describe('lengths', () => {
  it.each([
    [0, '00:00'],
    [760_000, '12:40'],
    [3_599_999, '59:59'],
    [3_661_000, '1:01:01'],
    [-5, '00:00'],
  ])('%d ms is %s', (ms, text) => expect(playTime(ms)).toBe(text));

  it('never says that nothing is left while something is', () => {
    expect(minutesLeft(1)).toBe(1);
    expect(minutesLeft(0)).toBe(0);
    expect(minutesLeft(17 * 60_000 + 10_000)).toBe(17);
  });

  it('greets by the hour in Shanghai', () => {
    expect(dayPart('2026-11-23T00:30:00Z')).toBe('morning');
    expect(dayPart('2026-11-23T04:30:00Z')).toBe('noon');
    expect(dayPart(now)).toBe('afternoon');
    expect(dayPart('2026-11-23T12:00:00Z')).toBe('evening');
  });
});
