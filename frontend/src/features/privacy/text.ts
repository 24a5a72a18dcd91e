import { useT, type Say, type TextKey } from '@/lib/t';
import type { Item, Rule } from './api';

/** The words of the rules and items: their keys are the server's. */
export function usePrivacyText() {
  const t = useT('privacy', 'rights');
  return {
    t,
    item: (key: string, what: 'name' | 'about' = 'name') => t(`privacy:item.${key}.${what}` as TextKey),
    rule: (key: string) => t(`privacy:rule.${key}` as TextKey),
    readers: (item: Item) => readersText(item.readers, t),
    kept: (item: Item, rules: Rule[]) => {
      const rule = rules.find((one) => one.id === item.rule);
      if (rule) return keptText(rule, t);
      return item.until ? t(`privacy:until.${item.until}`) : '';
    },
  };
}

export const keptText = (rule: Rule, t: Say) => t(`privacy:event.${rule.event}`, { days: rule.days });

/** The person himself, and whoever has one of the permissions. */
function readersText(readers: string[], t: Say): string {
  const own = readers.filter((key): key is 'self' | 'nobody' => key === 'self' || key === 'nobody');
  const names = readers
    .filter((key) => key !== 'self' && key !== 'nobody')
    .map((key) => t(`rights:permission.${key.replace(':', '_')}.name` as TextKey))
    .join(t('privacy:comma'));
  return [...own.map((key) => t(`privacy:reader.${key}`)), names && t('privacy:reader.only', { names })]
    .filter(Boolean)
    .join(t('privacy:comma'));
}
