import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useAudienceText } from '@/components/audience/audience-editor';
import { AppLink } from '@/components/ui/app-link';
import { NumberWithBar } from '@/components/ui/bar';
import { Button, ButtonLink } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { PersonName } from '@/components/ui/person-name';
import { Notice, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { formatHours, formatPoints, group } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { stamp, whenText } from '@/lib/time';
import {
  examKeys,
  examQuery,
  loadResults,
  summaryQuery,
  useExamVerb,
  type Exam,
  type Result,
} from './api/exams';
import { RegradeHistory } from './components/regrade-history';
import { ExamDrawer } from './exam-drawer';
import { ExamStateTag } from './exam-state';
import styles from './exam-authoring.module.css';

/** One exam: its rules, publishing, and the roster with results. */
export default function ExamPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(examQuery(id));
  return <StateView query={query}>{(exam) => <ExamDetail exam={exam} />}</StateView>;
}

function ExamDetail({ exam }: { exam: Exam }) {
  const t = useT('exam-authoring', 'exam-amend', 'audience', 'ui');
  const audience = useAudienceText();
  const session = useSession();
  const verbs = useExamVerb(exam.id);
  const [asking, setAsking] = useState<'edit' | 'publish' | 'cancel'>();
  const authors = can(session, [permissions.staff.exams]);
  const close = () => setAsking(undefined);
  return (
    <DetailPage
      title={exam.title}
      detail={exam.description || undefined}
      tags={<ExamStateTag exam={exam} />}
      actions={
        authors && (
          <>
            {exam.state === 'draft' && (
              <>
                <Button small onClick={() => setAsking('edit')}>
                  {t('exam-authoring:edit')}
                </Button>
                <Button small kind="primary" onClick={() => setAsking('publish')}>
                  {t('exam-authoring:publish.verb')}
                </Button>
              </>
            )}
            {exam.state === 'published' && (
              <>
                {can(session, [permissions.staff.amend]) && (
                  <ButtonLink small to={paths.staffRegrade(exam.id)}>
                    {t('exam-amend:regrade.verb')}
                  </ButtonLink>
                )}
                <Button small kind="danger" onClick={() => setAsking('cancel')}>
                  {t('exam-authoring:cancel.verb')}
                </Button>
              </>
            )}
          </>
        )
      }
      facts={[
        { label: t('exam-authoring:field.opens'), value: stamp(exam.opens_at) },
        { label: t('exam-authoring:field.closes'), value: stamp(exam.closes_at) },
        {
          label: t('exam-authoring:column.duration'),
          value: t('exam-authoring:minutes', { count: Math.round(exam.duration_s / 60) }),
        },
        {
          label: t('exam-authoring:field.paper'),
          value: <AppLink to={paths.staffPaper(exam.paper_id)}>{t('exam-authoring:openPaper')}</AppLink>,
        },
        {
          label: t('exam-authoring:field.passMark'),
          value:
            exam.total_milli > 0
              ? `${formatPoints(exam.pass_mark_milli)} / ${formatPoints(exam.total_milli)}`
              : formatPoints(exam.pass_mark_milli),
        },
        { label: t('exam-authoring:field.attempts'), value: String(exam.attempts_allowed) },
        { label: t('exam-authoring:field.review'), value: t(`exam-authoring:review.${exam.review}`) },
        { label: t('exam-authoring:field.hours'), value: formatHours(exam.hours_centi) },
        { label: t('exam-authoring:section.audience'), value: audience(exam.audience) },
      ]}
    >
      {exam.state === 'cancelled' && (
        <Notice tone="accent" icon="alert">
          {t('exam-authoring:cancel.was', {
            when: stamp(exam.cancelled_at ?? exam.updated_at),
            reason: exam.cancel_reason,
          })}
        </Notice>
      )}
      {exam.state !== 'draft' && <RegradeHistory examId={exam.id} />}
      {exam.state !== 'draft' && <Results exam={exam} />}
      {asking === 'edit' && <ExamDrawer exam={exam} onClose={close} />}
      <ConfirmWithReason
        open={asking === 'publish'}
        title={t('exam-authoring:publish.title', { title: exam.title })}
        verb={t('exam-authoring:publish.verb')}
        onClose={close}
        onConfirm={() => verbs.publish.mutateAsync().then(() => toast(t('exam-authoring:publish.done')))}
      >
        {t('exam-authoring:publish.text', { audience: audience(exam.audience) })}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'cancel'}
        title={t('exam-authoring:cancel.title', { title: exam.title })}
        verb={t('exam-authoring:cancel.verb')}
        withReason
        onClose={close}
        onConfirm={(reason) =>
          verbs.cancel.mutateAsync(reason).then(() => toast(t('exam-authoring:cancel.done')))
        }
      >
        {t('exam-authoring:cancel.text')}
      </ConfirmWithReason>
    </DetailPage>
  );
}

function Results({ exam }: { exam: Exam }) {
  const t = useT('exam-authoring', 'ui');
  const session = useSession();
  const summary = useQuery(summaryQuery(exam.id)).data;
  const audits = can(session, [permissions.staff.evidence]);
  const columns: Column<Result>[] = [
    {
      key: 'name',
      title: t('exam-authoring:result.name'),
      always: true,
      render: (result) => (
        <div>
          <PersonName name={result.person_name} strong />
          <div className="xs num">{result.person_number}</div>
        </div>
      ),
    },
    { key: 'unit', title: t('exam-authoring:result.unit'), render: (result) => result.unit_name || '—' },
    {
      key: 'state',
      title: t('exam-authoring:column.state'),
      width: 120,
      render: (result) => <Tag>{t(`exam-authoring:attempt.${result.state as 'ready'}`)}</Tag>,
    },
    {
      key: 'submitted',
      title: t('exam-authoring:result.submitted'),
      width: 190,
      render: (result) =>
        result.submitted_at ? (
          <>
            {whenText(result.submitted_at)}
            {result.submitted_by === 'clock' && (
              <div className="xs">{t('exam-authoring:result.byClock')}</div>
            )}
          </>
        ) : (
          '—'
        ),
    },
    {
      key: 'score',
      title: t('exam-authoring:result.score'),
      align: 'end',
      width: 90,
      render: (result) => (result.score_milli === null ? '—' : formatPoints(result.score_milli)),
    },
    {
      key: 'passed',
      title: t('exam-authoring:result.passed'),
      width: 100,
      render: (result) =>
        result.passed === null ? (
          '—'
        ) : (
          <Tag tone={result.passed ? 'ok' : 'accent'}>
            {t(result.passed ? 'exam-authoring:result.yes' : 'exam-authoring:result.no')}
          </Tag>
        ),
    },
    {
      key: 'notes',
      title: t('exam-authoring:result.notes'),
      render: (result) =>
        [
          result.takeovers > 0 && t('exam-authoring:result.takeovers', { count: result.takeovers }),
          result.late_saves > 0 && t('exam-authoring:result.late', { count: result.late_saves }),
        ]
          .filter(Boolean)
          .join('，') || '—',
    },
  ];
  return (
    <Section title={t('exam-authoring:result.title')}>
      <div className="stack">
        {summary && (
          <div className={styles.tiles}>
            <Card>
              <NumberWithBar title={t('exam-authoring:tile.roster')} value={group(summary.minted)} />
            </Card>
            <Card>
              <NumberWithBar
                title={t('exam-authoring:tile.submitted')}
                value={group(summary.submitted)}
                bar={{
                  value: summary.submitted,
                  max: Math.max(1, summary.minted),
                  label: t('exam-authoring:tile.submitted'),
                }}
              />
            </Card>
            <Card>
              <NumberWithBar
                title={t('exam-authoring:tile.passed')}
                value={group(summary.passed)}
                bar={{
                  value: summary.passed,
                  max: Math.max(1, summary.graded),
                  label: t('exam-authoring:tile.passed'),
                  tone: 'ok',
                }}
              />
            </Card>
            <Card>
              <NumberWithBar
                title={t('exam-authoring:tile.average')}
                value={summary.graded > 0 ? formatPoints(Math.round(summary.average_milli / 100) * 100) : '—'}
              />
            </Card>
          </div>
        )}
        <DataTable<Result>
          name="results"
          label={t('exam-authoring:result.title')}
          queryKey={examKeys.results(exam.id)}
          load={loadResults(exam.id)}
          columns={columns}
          rowKey={(result) => result.id}
          rowTo={audits ? (result) => paths.staffAttempt(result.id) : undefined}
          filters={[
            { kind: 'search', key: 'q', label: t('exam-authoring:result.search') },
            {
              kind: 'select',
              key: 'state',
              label: t('exam-authoring:column.state'),
              options: (['ready', 'in_progress', 'submitted', 'graded', 'voided'] as const).map((state) => ({
                value: state,
                label: t(`exam-authoring:attempt.${state}`),
              })),
            },
            {
              kind: 'select',
              key: 'passed',
              label: t('exam-authoring:result.passed'),
              options: [
                { value: 'true', label: t('exam-authoring:result.yes') },
                { value: 'false', label: t('exam-authoring:result.no') },
              ],
            },
          ]}
          empty={{ title: t('exam-authoring:result.empty') }}
        />
      </div>
    </Section>
  );
}
