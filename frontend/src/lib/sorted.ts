/** A sorted copy. `toSorted` is missing in phone browsers still in use (before Chrome 110, iOS 16). */
export function sorted<T>(list: Iterable<T>, compare?: (a: T, b: T) => number): T[] {
  // oxlint-disable-next-line unicorn/no-array-sort -- the array is our own copy
  return [...list].sort(compare);
}
