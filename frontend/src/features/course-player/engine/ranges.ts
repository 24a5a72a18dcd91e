import { sorted } from '@/lib/sorted';
import type { Range } from '../model';

/** Sorted, disjoint ranges covering the same milliseconds; touching ones are joined. */
export function union(ranges: readonly Range[]): Range[] {
  const ordered = sorted(
    ranges.filter(([from, to]) => to > from),
    (a, b) => a[0] - b[0],
  );
  const joined: Range[] = [];
  for (const [from, to] of ordered) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** What of `ranges` lies outside `taken`. */
export function subtract(ranges: readonly Range[], taken: readonly Range[]): Range[] {
  let left = union(ranges);
  for (const [from, to] of union(taken)) {
    left = left.flatMap(([a, b]): Range[] => {
      if (to <= a || from >= b) return [[a, b]];
      const parts: Range[] = [];
      if (a < from) parts.push([a, from]);
      if (to < b) parts.push([to, b]);
      return parts;
    });
  }
  return left;
}

/** Total length in milliseconds. */
export function total(ranges: readonly Range[]): number {
  return union(ranges).reduce((sum, [from, to]) => sum + to - from, 0);
}

/** The end of what is covered from the beginning without a gap of more than `slack`. */
export function reach(ranges: readonly Range[], slack: number): number {
  let end = 0;
  for (const [from, to] of union(ranges)) {
    if (from > end + slack) break;
    end = to;
  }
  return end;
}

/** What was passed over: the holes before the last of the ranges ends. */
export function holes(ranges: readonly Range[]): Range[] {
  const end = Math.max(0, ...ranges.map(([, to]) => to));
  return subtract([[0, end]], ranges);
}

export function includes(ranges: readonly Range[], at: number): boolean {
  return ranges.some(([from, to]) => from <= at && at <= to);
}
