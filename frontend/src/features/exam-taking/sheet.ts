/** What the page shows of each question, from the attempt and the engine's snapshot. */
import type { AnswerStatus, AnswerView } from './engine/merge';
import type { AttemptItem } from './model';

export interface SheetEntry {
  item: AttemptItem;
  number: number;
  value: readonly string[];
  answered: boolean;
  flagged: boolean;
  /** Given, but not known to be on the server. */
  unsent: boolean;
  view: AnswerView | undefined;
}

export function sheet(
  items: readonly AttemptItem[],
  answers: ReadonlyMap<string, AnswerView>,
  flags: ReadonlySet<string>,
): SheetEntry[] {
  return items.map((item, index) => {
    const view = answers.get(item.id);
    const value = view?.value ?? [];
    return {
      item,
      number: index + 1,
      value,
      answered: value.length > 0,
      flagged: flags.has(item.id),
      unsent: view !== undefined && isUnsent(view.status),
      view,
    };
  });
}

export function isUnsent(status: AnswerStatus): boolean {
  return status === 'writing' || status === 'local' || status === 'unkept' || status === 'refused';
}

/** 0 → A. */
export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}

/** The answer after an option was pressed; options stay in the order of the paper. */
export function toggled(item: AttemptItem, value: readonly string[], optionId: string): string[] {
  if (item.kind !== 'multiple') return [optionId];
  const chosen = new Set(value);
  if (!chosen.delete(optionId)) chosen.add(optionId);
  return item.options.filter((option) => chosen.has(option.id)).map((option) => option.id);
}

/** A…F and 1…6 name an option; undefined when the key names none of them. */
export function optionOfKey(item: AttemptItem, key: string): string | undefined {
  const index = /^[a-f]$/i.test(key)
    ? key.toUpperCase().charCodeAt(0) - 65
    : /^[1-6]$/.test(key)
      ? Number(key) - 1
      : -1;
  return item.options[index]?.id;
}
