import { useQuery } from '@tanstack/react-query';
import { Dotted } from '@/components/ui/dotted';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Icon } from '@/components/ui/icon';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, SkeletonLines, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { byLead, myHoursQuery, notCounted, type HourEvent, type MyHours } from '@/lib/data/hours';
import { formatHours, formatSignedHours } from '@/lib/hours';
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

function Hours({ hours }: { hours: MyHours }) {
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
            {hours.events.map((event) => (
              <EventItem key={event.id} event={event} />
            ))}
          </CardList>
        )}
      </Section>
    </div>
  );
}

function EventItem({ event }: { event: HourEvent }) {
  const t = useT('me', 'common');
  const about = [
    dayText(dateStart(event.occurred_on)),
    t(`me:source.${event.source}`),
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
          <EventTag event={event} />
        </span>
      }
    >
      {notCounted(event).map(({ reason, policies }) => (
        <span key={reason} className="xs" style={{ display: 'block' }}>
          {t(`me:not.${reason}`)}
          {policies.length > 0 && t('me:not.for', { policies: policies.join(t('common:listSeparator')) })}
        </span>
      ))}
      {event.reason && (
        <span className="xs" style={{ display: 'block' }}>
          {t('me:event.reason', { reason: event.reason })}
        </span>
      )}
    </CardItem>
  );
}

function EventTag({ event }: { event: HourEvent }) {
  const t = useT('me');
  switch (event.state) {
    case 'counted':
      return <Tag tone="ok">{t('me:event.counted')}</Tag>;
    case 'partly':
      return <Tag tone="warn">{t('me:event.part', { hours: formatHours(event.counted_centi) })}</Tag>;
    case 'reversal':
      return <Tag tone="warn">{t('me:event.reversal')}</Tag>;
    case 'reversed':
      return <Tag>{t('me:event.reversed')}</Tag>;
    case 'not_counted':
      return <Tag>{t('me:event.not')}</Tag>;
  }
}
