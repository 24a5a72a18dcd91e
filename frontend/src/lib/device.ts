import { newId } from './id';
import { recall, remember } from './storage';

let known: string | undefined;

/** Names this browser towards the server (session list, plays, attempts). Made once and kept. */
export function deviceId(): string {
  known ??= recall<string | undefined>('device', undefined);
  if (!known) {
    known = newId();
    remember('device', known);
  }
  return known;
}
