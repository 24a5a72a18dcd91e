import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { AppLink } from '@/components/ui/app-link';
import { Card, Section } from '@/components/ui/card';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { Dotted } from '@/components/ui/dotted';
import { HoursParts, HoursRing } from '@/components/ui/hours-ring';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { formatHours, formatSignedHours } from '@/lib/hours';
import { byDay, type HourEvent, type Obligation, type PersonHours } from '@/lib/data/hours';
import { isStage } from '@/lib/org';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { personHoursQuery } from './api/hours';
import { ChainState, EventState, StateTag } from './words';
import styles from './hours-review.module.css';

/** One person's year: what is demanded, what counts, and the entries it is made of. */
export default function HoursPersonPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const [url, setUrl] = useUrlState();
  const t = useT('hours-review');
  const query = useQuery(personHoursQuery(id, url.year, url.as_of));
  return (
    <StateView query={query}>
      {(data) => (
        <PersonHoursView
          data={data}
          asOf={
            <DatePicker
              label={t('hours-review:asOfDate')}
              clearable
              value={url.as_of ?? data.as_of}
              onChange={(as_of) => setUrl({ as_of })}
            />
          }
        />
      )}
    </StateView>
  );
}

function PersonHoursView({ data, asOf }: { data: PersonHours; asOf: React.ReactNode }) {
  const t = useT('hours-review', 'hours', 'common');
  const session = useSession();
  const { person, obligations, events } = data;
  const audits = can(session, [permissions.staff.hoursAudit]);
  const sum = events.reduce((total, event) => total + event.counted_centi, 0);
  return (
    <DetailPage
      title={person.name}
      detail={
        <span className="num">
          <Dotted parts={[person.number, person.unit_name]} />
        </span>
      }
      tags={isStage(person.stage) && <Tag>{t(`common:stage.${person.stage}`)}</Tag>}
      actions={<div style={{ width: 160 }}>{asOf}</div>}
    >
      {obligations.length === 0 ? (
        <Card>
          <Empty title={t('hours-review:person.none', { year: data.year })} />
        </Card>
      ) : (
        obligations.map((one) => <ObligationCard key={one.policy_id} obligation={one} />)
      )}
      <Section
        title={t('hours-review:person.events', {
          name: person.name,
          hours: formatHours(sum),
          count: events.length,
        })}
        aside={<ChainState chain={data.chain} />}
      >
        <Card pad={false}>
          {events.length === 0 ? (
            <Empty title={t('hours-review:person.noEvents')} />
          ) : (
            <EventTable events={byDay(events)} linked={audits} />
          )}
        </Card>
      </Section>
    </DetailPage>
  );
}

function ObligationCard({ obligation: one }: { obligation: Obligation }) {
  const t = useT('hours-review', 'hours', 'common');
  const limited = one.caps.filter((cap) => cap.cap_centi > 0);
  return (
    <Card>
      <div className="row wrap" style={{ gap: 24 }}>
        <HoursRing required_centi={one.required_centi} counted_centi={one.counted_centi} />
        <div className="grow" style={{ minWidth: 220 }}>
          <div className="row wrap">
            <h2>{one.policy_name}</h2>
            <StateTag state={one.state} />
          </div>
          <p className="s">
            <Dotted
              parts={[
                one.document.title,
                one.document.number,
                one.document.clause,
                t('hours-review:person.version', { number: one.version_number }),
              ]}
            />
          </p>
          <div className={styles.parts}>
            <HoursParts whole={one} part={one.required_part} />
          </div>
        </div>
        <div style={{ minWidth: 200 }}>
          <div className="s">
            {one.shortfall_centi > 0
              ? t('hours-review:person.short', {
                  hours: formatHours(one.shortfall_centi),
                  days: one.days_left,
                })
              : t('hours-review:person.done')}
          </div>
          {limited.map((cap) => (
            <div key={cap.source} className="xs">
              {t('hours-review:person.cap', {
                source: t(`hours:source.${cap.source}`),
                counted: formatHours(cap.counted_centi),
                cap: formatHours(cap.cap_centi),
              })}
            </div>
          ))}
        </div>
      </div>
    </Card>
  );
}

function EventTable({ events, linked }: { events: HourEvent[]; linked: boolean }) {
  const t = useT('hours-review', 'hours', 'common');
  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={t('hours-review:person.table')}>
      <table>
        <thead>
          <tr>
            <th>{t('hours-review:entry.on')}</th>
            <th>{t('hours-review:entry.source')}</th>
            <th>{t('hours-review:entry.title')}</th>
            <th className={styles.end}>{t('hours-review:entry.hours')}</th>
            <th>{t('hours-review:entry.rule')}</th>
            <th>{t('hours-review:column.state')}</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.id}>
              <td className="num">{event.occurred_on}</td>
              <td className="nowrap">
                {t(`hours:source.${event.source}`)} {event.required && <Tag>{t('common:required')}</Tag>}
              </td>
              <td>
                {linked ? (
                  <AppLink to={paths.staffHoursEvent(event.id)}>
                    <b>{event.title}</b>
                  </AppLink>
                ) : (
                  event.title
                )}
                {event.reason && <div className="xs">{t('hours:reason', { reason: event.reason })}</div>}
              </td>
              <td className={`${styles.end} num`}>{formatSignedHours(event.amount_centi)}</td>
              <td className="s">
                {event.counts.length === 0
                  ? event.rule || '—'
                  : event.counts
                      .map((count) =>
                        t('hours-review:entry.ruleText', {
                          name: count.policy_name,
                          number: count.version_number,
                        }),
                      )
                      .join('；')}
              </td>
              <td>
                <EventState event={event} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
