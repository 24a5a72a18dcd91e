import { isRank, isStage } from '@/lib/org';
import type { Say } from '@/lib/t';
import type { FactBody } from '@/api/model/factBody';

/** What a dated fact says, as 入党积极分子 or 支部书记（第一党支部）. `t` holds people and common. */
export function factText(fact: FactBody, t: Say, roleName?: (key: string) => string): string {
  if (fact.kind === 'stage' && isStage(fact.value)) return t(`common:stage.${fact.value}`);
  if (fact.kind === 'rank' && isRank(fact.value)) return t(`common:rank.${fact.value}`);
  if (fact.kind === 'grant') {
    const role = roleName?.(fact.value) ?? fact.value;
    return t('people:fact.grantText', { role, unit: fact.label || t('people:fact.everything') });
  }
  if (fact.kind === 'status') return t(`common:status.${fact.value as 'active'}`);
  if (fact.kind === 'post') {
    return t('people:fact.grantText', {
      role: fact.note || t(`common:post.${fact.value as 'secretary'}`),
      unit: fact.label,
    });
  }
  return fact.label || fact.value;
}

/** "2024-09-01 起" or "2021-09-01 至 2024-08-31". The last day is the day before `until`. */
export function periodText(fact: FactBody, t: Say): string {
  if (!fact.until) return t('people:fact.since', { from: fact.from });
  const last = new Date(Date.parse(`${fact.until}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
  return t('people:fact.period', { from: fact.from, to: last });
}

export const holdsOn = (fact: FactBody, day: string) => fact.from <= day && (!fact.until || day < fact.until);
