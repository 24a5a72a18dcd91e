import { useSyncExternalStore } from 'react';
import type { Role, Session } from './session';
import { recall, remember } from './storage';

const listeners = new Set<() => void>();
let hat = recall<Role | undefined>('hat', undefined);

/** The role a person acts in now. It only arranges the screen; rights come from the session. */
export function setHat(role: Role): void {
  hat = role;
  remember('hat', role);
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function staffRoles(session: Session): Role[] {
  return session.roles.filter((role) => role !== 'learner');
}

/** The staff role in force: the one chosen last if it is still held, else the first. */
export function useStaffHat(session: Session): Role | undefined {
  const chosen = useSyncExternalStore(subscribe, () => hat);
  const held = staffRoles(session);
  return chosen && held.includes(chosen) ? chosen : held[0];
}
