import { Tag, type Tone } from '@/components/ui/tag';
import { formatHours } from '@/lib/hours';
import { useT } from '@/lib/t';
import type { Chain, HourEvent, Not, YearState } from './api/hours';

const tones: Record<YearState, Tone> = { done: 'ok', near: 'plain', short: 'warn', late: 'accent' };

/** How a person's year stands. */
export function StateTag({ state }: { state: YearState }) {
  const t = useT('hours-review');
  return <Tag tone={tones[state]}>{t(`hours-review:state.${state}`)}</Tag>;
}

const eventTones: Record<HourEvent['state'], Tone> = {
  counted: 'ok',
  partly: 'warn',
  not_counted: 'plain',
  reversed: 'accent',
  reversal: 'plain',
};

/** Whether an entry counts, and why not all of it does. */
export function EventState({ event }: { event: HourEvent }) {
  const t = useT('hours-review');
  const why = [...new Set(event.counts.flatMap((count) => count.reasons))];
  return (
    <div>
      <Tag tone={eventTones[event.state]}>
        {event.state === 'partly'
          ? t('hours-review:event.partly', { hours: formatHours(event.counted_centi) })
          : t(`hours-review:event.${event.state}`)}
      </Tag>
      {event.state !== 'counted' && why.length > 0 && <NotCounted reasons={why} />}
    </div>
  );
}

export function NotCounted({ reasons }: { reasons: Not[] }) {
  const t = useT('hours-review');
  return <div className="xs">{reasons.map((reason) => t(`hours-review:not.${reason}`)).join(' ')}</div>;
}

/** The check of the person's chain, in a few words. */
export function ChainState({ chain }: { chain: Chain }) {
  const t = useT('hours-review');
  if (!chain.ok)
    return <Tag tone="accent">{t('hours-review:chain.broken', { seq: chain.break?.seq ?? 0 })}</Tag>;
  return (
    <span className="xs">
      {t('hours-review:chain.ok', { count: chain.entries })}
      {chain.anchored_seq > 0 && ` · ${t('hours-review:chain.anchored', { seq: chain.anchored_seq })}`}
    </span>
  );
}
