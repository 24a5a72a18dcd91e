import { serverNow } from './clock';
import { language } from './language';

/** All dates people see are civil dates of this zone, wherever the device is. */
export const ZONE = 'Asia/Shanghai';

const DAY = 86_400_000;
// China has had one zone without summer time since 1991, so the civil date is plain arithmetic.
const SHIFT = 8 * 3_600_000;

type Moment = string | number | Date;

function ms(moment: Moment): number {
  return typeof moment === 'number' ? moment : new Date(moment).getTime();
}

interface Civil {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Days since 1970-01-01. */
  dayNumber: number;
}

function civil(moment: Moment): Civil {
  const shifted = new Date(ms(moment) + SHIFT);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    dayNumber: Math.floor((ms(moment) + SHIFT) / DAY),
  };
}

const two = (value: number) => String(value).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The civil date a `2026-11-23` names, as the instant its day begins. */
export function dateStart(date: string): number {
  return Date.parse(`${date}T00:00:00+08:00`);
}

/** "2026-11-23" of an instant. */
export function isoDate(moment: Moment): string {
  const c = civil(moment);
  return `${c.year}-${two(c.month)}-${two(c.day)}`;
}

/** "13:52". */
export function clockTime(moment: Moment): string {
  const c = civil(moment);
  return `${two(c.hour)}:${two(c.minute)}`;
}

/** "14:21:48". */
export function clockSeconds(moment: Moment): string {
  return `${clockTime(moment)}:${two(civil(moment).second)}`;
}

/** "11 月 2 日", with the year when it is not this one. */
export function dayText(moment: Moment, now: Moment = serverNow()): string {
  const c = civil(moment);
  const sameYear = c.year === civil(now).year;
  if (language() === 'en') return `${c.day} ${MONTHS[c.month - 1]}${sameYear ? '' : ` ${c.year}`}`;
  return `${sameYear ? '' : `${c.year} 年 `}${c.month} 月 ${c.day} 日`;
}

/** "今天 13:52", "昨天 20:11", "明天 09:00", "11 月 2 日" (further away the hour says little). */
export function whenText(moment: Moment, now: Moment = serverNow()): string {
  const near = nearDay(moment, now);
  return near ? `${near} ${clockTime(moment)}` : dayText(moment, now);
}

/** As whenText, but the hour stays: "12 月 3 日 14:00". For beginnings and deadlines. */
export function momentText(moment: Moment, now: Moment = serverNow()): string {
  return `${nearDay(moment, now) ?? dayText(moment, now)} ${clockTime(moment)}`;
}

/** The end of what begins at `from`, to stand after momentText of it: the hour alone when it is the same day. */
export function endText(from: Moment, to: Moment, now: Moment = serverNow()): string {
  return civil(from).dayNumber === civil(to).dayNumber ? clockTime(to) : momentText(to, now);
}

function nearDay(moment: Moment, now: Moment): string | undefined {
  const away = dayDistance(moment, now);
  const en = language() === 'en';
  if (away === 0) return en ? 'Today' : '今天';
  if (away === -1) return en ? 'Yesterday' : '昨天';
  if (away === 1) return en ? 'Tomorrow' : '明天';
  return undefined;
}

/** Full and unambiguous: "2026-11-23 14:20". For records. */
export function stamp(moment: Moment): string {
  return `${isoDate(moment)} ${clockTime(moment)}`;
}

/** Civil days from now to the moment; 0 is today, negative is past. */
export function dayDistance(moment: Moment, now: Moment = serverNow()): number {
  return civil(moment).dayNumber - civil(now).dayNumber;
}

export interface Due {
  text: string;
  tone: 'now' | 'soon' | 'later' | 'past';
}

/** How far away a deadline is, as a short tag: 今天 / 明天 / 还有 3 天 / 已过期; beyond two months its day. */
export function dueText(moment: Moment, now: Moment = serverNow()): Due {
  const en = language() === 'en';
  const away = dayDistance(moment, now);
  if (ms(moment) < ms(now)) return { text: en ? 'Overdue' : '已过期', tone: 'past' };
  if (away <= 1) return { text: nearDay(moment, now)!, tone: 'now' };
  if (away <= 60)
    return { text: en ? `In ${away} days` : `还有 ${away} 天`, tone: away <= 7 ? 'soon' : 'later' };
  return { text: dayText(moment, now), tone: 'later' };
}

/** Length of a video or a position in it: 760000 → "12:40", 3661000 → "1:01:01". */
export function playTime(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = two(total % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${two(minutes)}:${seconds}`;
}

/** Minutes left of a video, at least one while anything is left. */
export function minutesLeft(milliseconds: number): number {
  return milliseconds <= 0 ? 0 : Math.max(1, Math.round(milliseconds / 60_000));
}

/** Part of the day for a greeting. */
export function dayPart(now: Moment = serverNow()): 'morning' | 'noon' | 'afternoon' | 'evening' {
  const { hour } = civil(now);
  if (hour < 5 || hour >= 18) return 'evening';
  if (hour < 11) return 'morning';
  if (hour < 13) return 'noon';
  return 'afternoon';
}

export function civilYear(now: Moment = serverNow()): number {
  return civil(now).year;
}
