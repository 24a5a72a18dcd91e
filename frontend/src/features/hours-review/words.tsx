import { EntryTag } from '@/components/hours/entry-tag';
import { Tag, type Tone } from '@/components/ui/tag';
import { useT } from '@/lib/t';
import type { HourChainBody } from '@/api/model/hourChainBody';
import type { HourPersonRowBodyState } from '@/api/model/hourPersonRowBodyState';
import type { HourEvent } from '@/lib/data/hours';
import type { NotCounted } from '@/lib/hours';

const tones: Record<HourPersonRowBodyState, Tone> = {
  done: 'ok',
  near: 'plain',
  short: 'warn',
  late: 'accent',
};

/** How a person's year stands. */
export function StateTag({ state }: { state: HourPersonRowBodyState }) {
  const t = useT('hours-review');
  return <Tag tone={tones[state]}>{t(`hours-review:state.${state}`)}</Tag>;
}

/** Whether an entry counts, and why not all of it does. */
export function EventState({ event }: { event: HourEvent }) {
  const why = [...new Set(event.counts.flatMap((count) => count.reasons))];
  return (
    <div>
      <EntryTag event={event} />
      {event.state !== 'counted' && why.length > 0 && <NotCountedText reasons={why} />}
    </div>
  );
}

export function NotCountedText({ reasons }: { reasons: NotCounted[] }) {
  const t = useT('hours');
  return <div className="xs">{reasons.map((reason) => t(`hours:not.${reason}`)).join(' ')}</div>;
}

/** The check of the person's chain, in a few words. */
export function ChainState({ chain }: { chain: HourChainBody }) {
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
