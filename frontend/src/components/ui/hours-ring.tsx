import { formatHours, percent } from '@/lib/hours';
import { useT } from '@/lib/t';
import { CaptionedBar } from './bar';
import { Ring } from './ring';

export interface HoursPart {
  required_centi: number;
  counted_centi: number;
  /** What is still lacking; the required part may lack some when the sum is reached. */
  shortfall_centi?: number;
}

/** The ring of a year's hours: done, of how many. `compact` shows the share and leaves the numbers to the text beside it. */
export function HoursRing({
  required_centi,
  counted_centi,
  shortfall_centi,
  size,
  compact,
}: HoursPart & { size?: number; compact?: boolean }) {
  const t = useT('common');
  const done = (shortfall_centi ?? required_centi - counted_centi) <= 0;
  return (
    <Ring
      value={counted_centi}
      max={required_centi}
      size={size}
      tone={done ? 'ok' : 'accent'}
      text={compact ? `${percent(counted_centi, required_centi)}%` : formatHours(counted_centi)}
      under={
        compact
          ? undefined
          : required_centi > 0
            ? t('common:ofHours', { hours: formatHours(required_centi) })
            : t('common:hoursUnder')
      }
      label={
        required_centi > 0
          ? t('common:hoursLabel', { done: formatHours(counted_centi), all: formatHours(required_centi) })
          : t('common:hoursOnlyLabel', { done: formatHours(counted_centi) })
      }
    />
  );
}

/** 必修 and 选修 beside the ring. What is over in required courses counts as elective. */
export function HoursParts({ whole, part }: { whole: HoursPart; part: HoursPart }) {
  const t = useT('common');
  const partDone = Math.min(part.counted_centi, part.required_centi);
  const rest: HoursPart = {
    required_centi: Math.max(0, whole.required_centi - part.required_centi),
    counted_centi: Math.max(0, whole.counted_centi - partDone),
  };
  const row = (name: string, { required_centi, counted_centi }: HoursPart, tone: 'accent' | 'ok') => {
    const shown = Math.min(counted_centi, required_centi);
    const words = `${name} ${formatHours(shown)} / ${formatHours(required_centi)}`;
    return <CaptionedBar caption={words} label={words} value={shown} max={required_centi} tone={tone} />;
  };
  return (
    <>
      {part.required_centi > 0 && row(t('common:required'), { ...part, counted_centi: partDone }, 'accent')}
      {rest.required_centi > 0 && row(t('common:elective'), rest, 'ok')}
    </>
  );
}
