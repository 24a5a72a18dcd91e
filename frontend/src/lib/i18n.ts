import i18next, { type BackendModule, type ReadCallback } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setCurrentLanguage, type Language } from './language';
import { recall, remember } from './storage';

type TextFiles = Record<string, () => Promise<{ default: Record<string, unknown> }>>;

// problem.* are the server's texts and travel in its answers; only the network ones are the page's own.
const files: TextFiles = {
  ...import.meta.glob<{ default: Record<string, unknown> }>([
    '../locales/*/*.json',
    '!../locales/*/problem.*.json',
  ]),
  ...import.meta.glob<{ default: Record<string, unknown> }>('../locales/*/problem.network.json'),
};

const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(lng: string, ns: string, done: ReadCallback) {
    const load = files[`../locales/${lng}/${ns}.json`];
    if (!load) return done(new Error(`no texts ${lng}/${ns}`), false);
    load().then(
      (module) => done(null, module.default),
      (error: unknown) => done(error as Error, true),
    );
  },
};

function preferred(): Language {
  const chosen = recall<Language | undefined>('language', undefined);
  if (chosen === 'zh-CN' || chosen === 'en') return chosen;
  return (navigator.languages ?? [navigator.language]).some((one) => one.toLowerCase().startsWith('zh'))
    ? 'zh-CN'
    : navigator.language.toLowerCase().startsWith('en')
      ? 'en'
      : 'zh-CN';
}

function show(next: Language): void {
  setCurrentLanguage(next);
  document.documentElement.lang = next;
}

/**
 * What a learner's first screens say. It travels in one file per language (vite.config.ts), so asking for all of it
 * costs nothing, and no page has to wait once more for words that are already here.
 */
const firstTexts = [
  'common',
  'ui',
  'session',
  'home',
  'catalogue',
  'exam-list',
  'hours',
  'me',
  'problem.network',
];

/** Loads the texts of the first screens; the namespaces of other features come with their pages. */
export async function startI18n(): Promise<void> {
  const lng = preferred();
  show(lng);
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng,
      fallbackLng: false,
      ns: firstTexts,
      defaultNS: 'common',
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
}

export async function setLanguage(next: Language): Promise<void> {
  remember('language', next);
  show(next);
  await i18next.changeLanguage(next);
}
