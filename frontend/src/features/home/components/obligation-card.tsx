import { useQuery } from '@tanstack/react-query';
import { AppLink } from '@/components/ui/app-link';
import { CaptionedBar } from '@/components/ui/bar';
import { Card } from '@/components/ui/card';
import { HoursParts, HoursRing } from '@/components/ui/hours-ring';
import { Empty, Notice, Skeleton, StateView } from '@/components/ui/state-view';
import { ButtonLink } from '@/components/ui/button';
import { byLead, myHoursQuery, type Obligation } from '@/lib/data/hours';
import { formatHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import styles from '../home.module.css';

/** What must I do: the ring of the leading obligation, the others below it. */
export function ObligationCard() {
  const t = useT('home', 'common');
  const query = useQuery(myHoursQuery());
  return (
    <Card pad={false}>
      <StateView
        query={query}
        skeleton={<RingSkeleton />}
        isEmpty={(hours) => hours.obligations.length === 0}
        empty={
          <Empty
            icon="check"
            compact
            title={t('home:ring.none')}
            action={
              <ButtonLink small to={paths.courses()}>
                {t('home:ring.browse')}
              </ButtonLink>
            }
          >
            {t('home:ring.noneHint')}
          </Empty>
        }
      >
        {(hours) => <Obligations obligations={hours.obligations} />}
      </StateView>
    </Card>
  );
}

function Obligations({ obligations }: { obligations: Obligation[] }) {
  const t = useT('home', 'common');
  const [lead, ...others] = byLead(obligations);
  if (!lead) return null;
  const uncounted = lead.caps.reduce((sum, cap) => sum + cap.uncounted_centi, 0);
  return (
    <>
      <div className={styles.ring}>
        <HoursRing {...lead} />
        <div>
          <h2>
            <AppLink to={paths.myHours()}>{t('home:ring.title')}</AppLink>
          </h2>
          <p className="s">
            {lead.shortfall_centi > 0
              ? t(lead.counted_centi < lead.required_centi ? 'home:ring.short' : 'home:ring.shortRequired', {
                  hours: formatHours(lead.shortfall_centi),
                  days: lead.days_left,
                })
              : t('home:ring.done')}
          </p>
          <div className={styles.bars}>
            <HoursParts whole={lead} part={lead.required_part} />
          </div>
        </div>
      </div>
      {uncounted > 0 && (
        <div className={styles.note}>
          <Notice>
            {t('home:ring.uncounted', { hours: formatHours(uncounted) })}{' '}
            <AppLink to={paths.myHours()} style={{ textDecoration: 'underline' }}>
              {t('home:ring.why')}
            </AppLink>
          </Notice>
        </div>
      )}
      {others.length > 0 && (
        <div className={styles.others}>
          {others.map((one) => {
            const words =
              one.required_centi > 0
                ? `${formatHours(one.counted_centi)} / ${formatHours(one.required_centi)}`
                : t('common:hours', { hours: formatHours(one.counted_centi) });
            return (
              <CaptionedBar
                key={one.policy_id}
                caption={one.policy_name}
                aside={words}
                label={`${one.policy_name} ${words}`}
                value={one.counted_centi}
                max={one.required_centi}
                tone={one.shortfall_centi > 0 ? 'accent' : 'ok'}
              />
            );
          })}
        </div>
      )}
    </>
  );
}

function RingSkeleton() {
  return (
    <div className={styles.ring}>
      <div>
        <Skeleton width="7rem" height="7rem" />
      </div>
      <div className={styles.bars}>
        <Skeleton width="60%" height="1.2rem" />
        <Skeleton width="80%" />
        <Skeleton />
        <Skeleton />
      </div>
    </div>
  );
}
