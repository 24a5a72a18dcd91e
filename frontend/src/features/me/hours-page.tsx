import { EntryTag } from '@/components/hours/entry-tag';
import { useQuery } from '@tanstack/react-query';
import { Dotted } from '@/components/ui/dotted';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Icon } from '@/components/ui/icon';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, SkeletonLines, StateView } from '@/components/ui/state-view';
import { byDay, byLead, myHoursQuery, notCounted, type HourEvent, type PersonHours } from '@/lib/data/hours';
import { formatSignedHours } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { civilYear, dateStart, dayText } from '@/lib/time';
import { useUrlState } from '@/lib/url-state';
import { ObligationDetail } from './components/obligation-detail';
import styles from './me.module.css';

/** Every hour of the year: what counted, and in plain words why the rest did not. */
export default function HoursPage() {
  const t = useT('me', 'common');
  const [url, setUrl] = useUrlState();
  const thisYear = civilYear();
  const year = Number(url.year) || thisYear;
  const query = useQuery(myHoursQuery(year));
  const turn = (to: number) => setUrl({ year: to === thisYear ? undefined : String(to) });
  return (
    <>
      <PageHeader
        title={t('me:hours.title')}
        back={paths.me()}
        actions={
          <div className={styles.years}>
            <Button small kind="quiet" aria-label={t('me:hours.before')} onClick={() => turn(year - 1)}>
              <Icon name="left" size={16} />
            </Button>
            <b className="num">{t('me:hours.year', { year })}</b>
            <Button
              small
              kind="quiet"
              aria-label={t('me:hours.after')}
              disabled={year >= thisYear}
              onClick={() => turn(year + 1)}
            >
              <Icon name="right" size={16} />
            </Button>
          </div>
        }
      />
      <StateView
        query={query}
        skeleton={
          <Card pad={false}>
            <SkeletonLines lines={8} />
          </Card>
        }
      >
        {(hours) => <Hours hours={hours} />}
      </StateView>
    </>
  );
}

function Hours({ hours }: { hours: PersonHours }) {
  const t = useT('me', 'common');
  return (
    <div className={styles.hours}>
      <div className={styles.column}>
        {hours.obligations.length === 0 ? (
          <Card pad={false}>
            <Empty icon="check" title={t('me:hours.none', { year: hours.year })}>
              {t('me:hours.noneHint')}
            </Empty>
          </Card>
        ) : (
          byLead(hours.obligations).map((one) => <ObligationDetail key={one.policy_id} obligation={one} />)
        )}
      </div>
      <Section title={t('me:hours.events', { count: hours.events.length })}>
        {hours.events.length === 0 ? (
          <Card pad={false}>
            <Empty icon="clock" title={t('me:hours.noEvents')}>
              {t('me:hours.noEventsHint')}
            </Empty>
          </Card>
        ) : (
          <CardList>
            {byDay(hours.events).map((event) => (
              <EventItem key={event.id} event={event} />
            ))}
          </CardList>
        )}
      </Section>
    </div>
  );
}

function EventItem({ event }: { event: HourEvent }) {
  const t = useT('hours', 'common');
  const about = [
    dayText(dateStart(event.occurred_on)),
    t(`hours:source.${event.source}`),
    event.required ? t('common:required') : t('common:elective'),
  ];
  return (
    <CardItem
      title={event.title}
      detail={<Dotted parts={about} />}
      side={
        <span className={styles.amount}>
          <b className={`num ${event.state === 'reversed' ? styles.struck : ''}`}>
            {formatSignedHours(event.amount_centi)}
          </b>
          <EntryTag event={event} />
        </span>
      }
    >
      {notCounted(event).map(({ reason, policies }) => (
        <span key={reason} className="xs" style={{ display: 'block' }}>
          {t(`hours:not.${reason}`)}
          {policies.length > 0 &&
            t('hours:not.policies', { policies: policies.join(t('common:listSeparator')) })}
        </span>
      ))}
      {event.reason && (
        <span className="xs" style={{ display: 'block' }}>
          {t('hours:reason', { reason: event.reason })}
        </span>
      )}
    </CardItem>
  );
}
