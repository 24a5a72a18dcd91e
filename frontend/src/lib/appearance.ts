import { useSyncExternalStore } from 'react';
import { recall, remember } from './storage';

export interface Appearance {
  theme: 'system' | 'light' | 'dark';
  /** large = 适老化: body text of 20 px and controls to match. */
  text: 'normal' | 'large';
}

const listeners = new Set<() => void>();
let current: Appearance = {
  theme: 'system',
  text: 'normal',
  ...recall<Partial<Appearance>>('appearance', {}),
};

function systemDark(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(prefers-color-scheme: dark)').matches;
}

function apply(): void {
  const root = document.documentElement;
  root.dataset.theme = current.theme === 'system' ? (systemDark() ? 'dark' : 'light') : current.theme;
  root.dataset.text = current.text;
}

/** Called once before the first paint. */
export function startAppearance(): void {
  apply();
  if (typeof matchMedia !== 'function') return;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    apply();
    listeners.forEach((listener) => listener());
  });
}

export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change };
  remember('appearance', current);
  apply();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The person's choice. */
export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, () => current);
}

/** What is shown, with `system` resolved; changes with the device's setting. */
export function useShownTheme(): string {
  return useSyncExternalStore(
    subscribe,
    () =>
      `${document.documentElement.dataset.theme ?? 'light'}-${document.documentElement.dataset.text ?? 'normal'}`,
  );
}
