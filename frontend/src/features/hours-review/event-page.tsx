import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { CoverageBar } from '@/components/ui/bar';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DetailPage, Facts } from '@/components/ui/desk/detail-page';
import { Dotted } from '@/components/ui/dotted';
import { Notice, StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { formatHours, formatPoints, formatSignedHours, percent } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { clockSeconds, playTime, stamp } from '@/lib/time';
import type { HourBatchBody } from '@/api/model/hourBatchBody';
import type { HourCheckProof } from '@/api/model/hourCheckProof';
import { eventQuery, useReverse, type EventDetail } from './api/hours';
import { ChainState, EventState, NotCountedText } from './words';
import styles from './hours-review.module.css';

/** One entry of the ledger down to what it stands on: spans watched or the attempt, the rule and who approved it. */
export default function HoursEventPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(eventQuery(id));
  return <StateView query={query}>{(detail) => <EventView detail={detail} />}</StateView>;
}

function EventView({ detail }: { detail: EventDetail }) {
  const t = useT('hours-review', 'hours', 'common', 'ui');
  const { event, person, evidence } = detail;
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const reverse = useReverse(event.id);
  const mayReverse =
    can(session, [permissions.staff.hoursAdjust]) && event.kind === 'credit' && !detail.reversal;
  return (
    <DetailPage
      title={event.title}
      detail={
        <AppLink to={paths.staffHoursPerson(person.id)} search={{ year: event.occurred_on.slice(0, 4) }}>
          <Dotted parts={[person.name, person.number, person.unit_name]} />
        </AppLink>
      }
      tags={<EventState event={event} />}
      actions={
        mayReverse && (
          <Button small kind="danger" onClick={() => setAsking(true)}>
            {t('hours-review:reverse.verb')}
          </Button>
        )
      }
      facts={[
        { label: t('hours-review:entry.hours'), value: formatSignedHours(event.amount_centi) },
        { label: t('hours-review:entry.source'), value: t(`hours:source.${event.source}`) },
        { label: t('hours-review:entry.on'), value: event.occurred_on },
        { label: t('hours-review:entry.recorded'), value: stamp(event.recorded_at) },
        { label: t('hours-review:entry.seq'), value: String(event.seq) },
        { label: t('hours-review:entry.by'), value: event.actor_name || t('hours-review:entry.system') },
      ]}
    >
      {evidence.changed && (
        <Notice tone="warn" icon="alert">
          {t('hours-review:evidence.changed')}
        </Notice>
      )}
      {evidence.missing && (
        <Notice tone="accent" icon="alert">
          {t('hours-review:evidence.missing')}
        </Notice>
      )}
      {event.reason && <Notice>{t('hours:reason', { reason: event.reason })}</Notice>}
      {detail.reversal && (
        <Notice tone="accent">
          {t('hours-review:reverse.was', {
            when: stamp(detail.reversal.recorded_at),
            reason: detail.reversal.reason,
          })}
        </Notice>
      )}
      {evidence.lesson && <LessonProof lesson={evidence.lesson} />}
      {evidence.attempt && <AttemptProof attempt={evidence.attempt} id={evidence.id} />}
      {evidence.batch && <BatchProof batch={evidence.batch} />}
      <Section title={t('hours-review:rules.title')}>
        <div className="stack">
          {detail.rules.map((rule) => (
            <Card key={rule.policy_id}>
              <div className="row between wrap">
                <b>
                  {t('hours-review:entry.ruleText', { name: rule.policy_name, number: rule.version_number })}
                </b>
                <span className="num">
                  {t('hours-review:rules.counted', { hours: formatHours(rule.counted_centi) })}
                </span>
              </div>
              <p className="s">
                <Dotted parts={[rule.document.title, rule.document.number, rule.document.clause]} />
              </p>
              <p className={styles.quote}>{rule.document.clause_text}</p>
              {rule.reasons.length > 0 && <NotCountedText reasons={rule.reasons} />}
              <p className="xs">
                {rule.activated_at
                  ? t('hours-review:rules.approved', {
                      name: rule.activated_by || '—',
                      when: stamp(rule.activated_at),
                    })
                  : ''}
              </p>
            </Card>
          ))}
        </div>
      </Section>
      <Section title={t('hours-review:chain.title')} aside={<ChainState chain={detail.chain} />}>
        <Card>
          <dl className={styles.codes}>
            <dt>{t('hours-review:chain.hash')}</dt>
            <dd>{detail.entry.hash}</dd>
            <dt>{t('hours-review:chain.prev')}</dt>
            <dd>{detail.entry.prev_hash || '—'}</dd>
            <dt>{t('hours-review:evidence.digest')}</dt>
            <dd>{evidence.digest || '—'}</dd>
          </dl>
        </Card>
      </Section>
      <ConfirmWithReason
        open={asking}
        title={t('hours-review:reverse.title')}
        verb={t('hours-review:reverse.verb')}
        withReason
        onClose={() => setAsking(false)}
        onConfirm={(reason) => reverse.mutateAsync(reason).then(() => toast(t('hours-review:reverse.done')))}
      >
        {t('hours-review:reverse.text', { name: person.name, hours: formatHours(event.amount_centi) })}
      </ConfirmWithReason>
    </DetailPage>
  );
}

function LessonProof({ lesson }: { lesson: NonNullable<EventDetail['evidence']['lesson']> }) {
  const t = useT('hours-review');
  const spans = lesson.plays.flatMap((play) => play.spans);
  const share = percent(lesson.covered_ms, lesson.duration_ms);
  return (
    <Section title={t('hours-review:evidence.lesson')}>
      <Card>
        <div className="stack" data-testid="lesson-evidence">
          <div className="row between wrap">
            <b>{lesson.lesson_title}</b>
            <span className="s">{lesson.course_title}</span>
          </div>
          <CoverageBar
            spans={spans.map((span): [number, number] => [span.from_ms, span.to_ms])}
            length={lesson.duration_ms}
            label={t('hours-review:evidence.covered', { percent: share })}
          />
          <p className="s">
            {t('hours-review:evidence.watched', {
              covered: playTime(lesson.covered_ms),
              whole: playTime(lesson.duration_ms),
              spans: spans.length,
              devices: lesson.devices,
              threshold: lesson.threshold_percent,
              when: stamp(lesson.completed_at),
            })}
          </p>
          <div className={styles.spans}>
            {lesson.plays.map((play) => (
              <div key={play.id} className={styles.play}>
                <div className="row between wrap">
                  <span>{t('hours-review:evidence.play', { when: stamp(play.opened_at) })}</span>
                  <span className="xs ellipsis" style={{ maxWidth: 320 }} title={play.user_agent}>
                    {t('hours-review:evidence.device', { id: play.device_id.slice(0, 8) || '—' })}
                  </span>
                </div>
                <div className={styles.scroll}>
                  <PlayChecks checks={play.checks} pastCheck={play.played_past_check} />
                  <table>
                    <thead>
                      <tr>
                        <th>{t('hours-review:evidence.media')}</th>
                        <th>{t('hours-review:evidence.wall')}</th>
                        <th className={styles.end}>{t('hours-review:evidence.rate')}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {play.spans.map((span) => (
                        <tr key={`${span.from_ms}-${span.started_at}`}>
                          <td className="num">
                            {playTime(span.from_ms)}–{playTime(span.to_ms)}
                          </td>
                          <td className="num">
                            {clockSeconds(span.started_at)}–{clockSeconds(span.ended_at)}
                          </td>
                          <td className={`${styles.end} num`}>{span.rate_percent / 100}×</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              </div>
            ))}
          </div>
        </div>
      </Card>
    </Section>
  );
}

/** The presence checks of a play, the missed ones by name. */
function PlayChecks({ checks, pastCheck }: { checks: HourCheckProof[]; pastCheck: boolean }) {
  const t = useT('hours-review');
  if (checks.length === 0 && !pastCheck) return null;
  const missed = checks.filter((check) => check.outcome !== 'passed');
  return (
    <ul className="s" data-testid="play-checks">
      {checks.length > 0 && (
        <li>
          {t('hours-review:evidence.checks', { all: checks.length, passed: checks.length - missed.length })}
        </li>
      )}
      {missed.map((check) => (
        <li key={check.seq} className="warn">
          {t('hours-review:evidence.checkMissed', {
            seq: check.seq,
            outcome: t(`hours-review:evidence.outcome.${check.outcome}`),
            when: stamp(check.asked_at),
          })}
        </li>
      ))}
      {pastCheck && <li className="warn">{t('hours-review:evidence.pastCheck')}</li>}
    </ul>
  );
}

function BatchProof({ batch }: { batch: HourBatchBody }) {
  const t = useT('hours-review');
  const who = (name: string, when: string | undefined) => <Dotted parts={[name, when && stamp(when)]} />;
  return (
    <Section title={t('hours-review:evidence.batch')}>
      <Card>
        <Facts
          items={[
            {
              label: t('hours-review:evidence.batchDocument'),
              value: `${batch.document_no} · ${batch.organiser}`,
            },
            { label: t('hours-review:evidence.batchFiled'), value: who(batch.filed_by_name, batch.filed_at) },
            {
              label: t('hours-review:evidence.batchDecided'),
              value: who(batch.decided_by_name, batch.decided_at),
            },
            {
              label: t('hours-review:evidence.batchFile'),
              value: batch.file ? (
                <a href={batch.file.url} download={batch.file.name} className={styles.link}>
                  {batch.file.name}
                </a>
              ) : (
                '—'
              ),
            },
          ]}
        />
        <p className="s">
          <AppLink to={paths.staffHourBatch(batch.id)} className={styles.link}>
            {t('hours-review:evidence.batchOpen')}
          </AppLink>
        </p>
      </Card>
    </Section>
  );
}

function AttemptProof({
  attempt,
  id,
}: {
  attempt: NonNullable<EventDetail['evidence']['attempt']>;
  id: string;
}) {
  const t = useT('hours-review');
  return (
    <Section title={t('hours-review:evidence.attempt')}>
      <Card>
        <Facts
          items={[
            {
              label: t('hours-review:evidence.exam'),
              value: <AppLink to={paths.staffAttempt(id)}>{attempt.exam_title}</AppLink>,
            },
            {
              label: t('hours-review:evidence.score'),
              value: `${formatPoints(attempt.score_milli)} / ${formatPoints(attempt.total_milli)}`,
            },
            { label: t('hours-review:evidence.passMark'), value: formatPoints(attempt.pass_mark_milli) },
            {
              label: t('hours-review:evidence.started'),
              value: attempt.started_at ? stamp(attempt.started_at) : '—',
            },
            {
              label: t('hours-review:evidence.submitted'),
              value: attempt.submitted_at ? stamp(attempt.submitted_at) : '—',
            },
            { label: t('hours-review:evidence.grading'), value: String(attempt.grading_version) },
          ]}
        />
        {attempt.regraded && <p className="s">{t('hours-review:evidence.regraded')}</p>}
      </Card>
    </Section>
  );
}
