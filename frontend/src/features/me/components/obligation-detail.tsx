import { CaptionedBar } from '@/components/ui/bar';
import { Card } from '@/components/ui/card';
import { HoursParts, HoursRing } from '@/components/ui/hours-ring';
import type { Why } from '@/api/model/why';
import type { Obligation } from '@/lib/data/hours';
import { formatHours } from '@/lib/hours';
import { useT } from '@/lib/t';
import { dateStart, dayText } from '@/lib/time';
import styles from '../me.module.css';

/** One policy: how much it asks and why so much, what is done, which sources are capped. */
export function ObligationDetail({ obligation }: { obligation: Obligation }) {
  const t = useT('me', 'hours', 'common');
  const { shortfall_centi, caps } = obligation;
  const shown = caps.filter((cap) => cap.cap_centi > 0 || cap.uncounted_centi > 0);
  return (
    <Card>
      <div className={styles.ring}>
        <HoursRing {...obligation} />
        <div>
          <h2>{obligation.policy_name}</h2>
          <p className="s">
            {shortfall_centi > 0
              ? t(
                  obligation.counted_centi < obligation.required_centi
                    ? 'me:hours.short'
                    : 'me:hours.shortRequired',
                  {
                    hours: formatHours(shortfall_centi),
                    day: dayText(dateStart(obligation.due_on)),
                    days: obligation.days_left,
                  },
                )
              : t('me:hours.done')}
          </p>
          <div className={styles.bars}>
            <HoursParts whole={obligation} part={obligation.required_part} />
          </div>
        </div>
      </div>
      {obligation.reasons.length > 0 && (
        <div className={`${styles.reasons} s`}>
          {obligation.reasons.map((why) => (
            <p key={why.code}>
              <Reason why={why} />
            </p>
          ))}
        </div>
      )}
      {shown.length > 0 && (
        <div className={styles.caps}>
          {shown.map((cap) => {
            const all = cap.counted_centi + cap.uncounted_centi;
            const words =
              cap.cap_centi > 0
                ? t('me:cap.upTo', { hours: formatHours(cap.counted_centi), cap: formatHours(cap.cap_centi) })
                : formatHours(cap.counted_centi);
            return (
              <div key={cap.source}>
                <CaptionedBar
                  caption={t(`hours:source.${cap.source}`)}
                  aside={words}
                  label={`${t(`hours:source.${cap.source}`)} ${words}`}
                  value={cap.counted_centi}
                  max={cap.cap_centi > 0 ? cap.cap_centi : all}
                  tone="neutral"
                />
                {cap.uncounted_centi > 0 && (
                  <p className="xs">{t('me:cap.over', { hours: formatHours(cap.uncounted_centi) })}</p>
                )}
              </div>
            );
          })}
        </div>
      )}
    </Card>
  );
}

function Reason({ why }: { why: Why }) {
  const t = useT('me', 'hours');
  const params = why.params ?? {};
  const days = Number(params.days ?? 0);
  switch (why.code) {
    case 'prorated':
      return t('me:why.prorated', { days, hours: formatHours(Number(params.full_centi ?? 0)) });
    case 'part_of_year':
      return t('me:why.part_of_year', { days });
    case 'left_audience':
      return t('me:why.left_audience', { days });
    case 'supersedes':
      return t('me:why.supersedes');
    default:
      return null;
  }
}
