import type { Batch } from './api/batches';

/** The first and the last day, once where they are one. */
export function dates({ starts_on, ends_on }: Batch): string {
  return starts_on === ends_on ? starts_on : `${starts_on} – ${ends_on}`;
}
