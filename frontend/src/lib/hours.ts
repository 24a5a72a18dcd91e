/** Where hours come from: the sources of domain/hours, named by the texts `hours:source`. */
export const hourSources = [
  'online_video',
  'exam_pass',
  'offline_training',
  'external_platform',
  'live_class',
  'teaching',
  'paper',
  'activity',
  'manual',
] as const;
export type HourSource = (typeof hourSources)[number];

/** Why an event does not count, or not wholly: named by the texts `hours:not`. */
export type NotCounted =
  'reversed' | 'outside_audience' | 'repeat' | 'event_cap' | 'daily_max' | 'source_cap';

/** Centi-hours as people write them: 2650 → "26.5", 4000 → "40", 25 → "0.25". */
export function formatHours(centi: number): string {
  const sign = centi < 0 ? '−' : '';
  const abs = Math.abs(Math.round(centi));
  const whole = Math.floor(abs / 100);
  const rest = abs % 100;
  if (rest === 0) return `${sign}${group(whole)}`;
  const fraction = rest % 10 === 0 ? String(rest / 10) : String(rest).padStart(2, '0');
  return `${sign}${group(whole)}.${fraction}`;
}

/** With the sign always shown, for ledger lines: 100 → "+1". */
export function formatSignedHours(centi: number): string {
  return centi > 0 ? `+${formatHours(centi)}` : formatHours(centi);
}

/** Thousandths of a point: 2500 → "2.5". */
export function formatPoints(milli: number): string {
  const text = (Math.round(milli) / 1000).toFixed(3).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}

/** "26.5" → 2650; undefined when it is not a number of at most two decimals. */
export function parseHours(text: string): number | undefined {
  const found = /^\s*(\d{1,6})(?:\.(\d{1,2}))?\s*$/.exec(text);
  if (!found) return undefined;
  return Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0') || '0');
}

/** Share of the whole in 0…100, never above and never 100 before it is reached. */
export function percent(part: number, whole: number): number {
  if (whole <= 0) return 100;
  if (part >= whole) return 100;
  return Math.max(0, Math.min(99, Math.floor((part * 100) / whole)));
}

/** 1842 → "1,842". */
export function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
