import { queryOptions } from '@tanstack/react-query';
import type { HourCountBody } from '../../api/model/hourCountBody';
import type { HourEventBody } from '../../api/model/hourEventBody';
import type { HourPersonYearBody } from '../../api/model/hourPersonYearBody';
import type { HourSourceBody } from '../../api/model/hourSourceBody';
import type { ObligationBody } from '../../api/model/obligationBody';
import { getMyHours } from '../../api/my-hours/my-hours';
import type { HourSource, NotCounted } from '../hours';
import { sorted } from '../sorted';

export type Obligation = Omit<ObligationBody, 'caps'> & {
  caps: (Omit<HourSourceBody, 'source'> & { source: HourSource })[];
};

export type HourEvent = Omit<HourEventBody, 'source' | 'counts'> & {
  source: HourSource;
  /** What each policy counts of it, and why not the rest. */
  counts: (Omit<HourCountBody, 'reasons'> & { reasons: NotCounted[] })[];
};

/** One person's obligations and ledger of a year: his own view and the auditor's. */
export type PersonHours = Omit<HourPersonYearBody, 'obligations' | 'events'> & {
  obligations: Obligation[];
  events: HourEvent[];
};

/** The leading obligation first. */
export function byLead(obligations: Obligation[]): Obligation[] {
  return sorted(
    obligations,
    (a, b) => Number(b.lead) - Number(a.lead) || b.shortfall_centi - a.shortfall_centi,
  );
}

/** The ledger as people read it: by the day on which the hours were earned, the latest first. */
export function byDay(events: HourEvent[]): HourEvent[] {
  return sorted(events, (a, b) => b.occurred_on.localeCompare(a.occurred_on) || b.seq - a.seq);
}

/** Why an event did not count in full: each reason once, with the policies it holds for when there are several. */
export function notCounted(event: HourEvent): { reason: NotCounted; policies: string[] }[] {
  if (event.state === 'counted' || event.state === 'reversal') return [];
  if (event.state === 'reversed') return [{ reason: 'reversed', policies: [] }];
  const found = new Map<NotCounted, string[]>();
  for (const count of event.counts) {
    for (const reason of count.reasons) {
      found.set(reason, [...(found.get(reason) ?? []), count.policy_name]);
    }
  }
  const all = event.counts.length;
  return [...found].map(([reason, policies]) => ({
    reason,
    policies: policies.length === all ? [] : policies,
  }));
}

/** My obligations and ledger of a year, this one when none is named. */
export const myHoursQuery = (year?: number) =>
  queryOptions({
    queryKey: ['my-hours', year ?? 'now'],
    // The document knows sources and reasons as strings; which there are is the domain's vocabulary.
    queryFn: ({ signal }) => getMyHours({ year }, { signal }) as Promise<PersonHours>,
  });
