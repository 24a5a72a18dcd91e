export type Language = 'zh-CN' | 'en';

let current: Language = 'zh-CN';

/** The language of the page; i18n.ts sets it. Kept apart so that http.ts needs no i18next. */
export function language(): Language {
  return current;
}

export function setCurrentLanguage(next: Language): void {
  current = next;
}

/** Between a name and what it is: `职务：书记`, `Post: secretary`. */
export function colon(): string {
  return current === 'en' ? ': ' : '：';
}
