import { Tag, type Tone } from '@/components/ui/tag';
import type { HourEvent } from '@/lib/data/hours';
import { formatHours } from '@/lib/hours';
import { useT } from '@/lib/t';

const tones: Record<HourEvent['state'], Tone> = {
  counted: 'ok',
  partly: 'warn',
  not_counted: 'plain',
  reversed: 'plain',
  reversal: 'warn',
};

/** Whether an entry of the ledger counts: the same word for the learner and for the auditor. */
export function EntryTag({ event }: { event: HourEvent }) {
  const t = useT('hours');
  return (
    <Tag tone={tones[event.state]}>
      {event.state === 'partly'
        ? t('hours:entry.partly', { hours: formatHours(event.counted_centi) })
        : t(`hours:entry.${event.state}`)}
    </Tag>
  );
}
