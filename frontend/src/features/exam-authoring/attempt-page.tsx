import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { AppLink } from '@/components/ui/app-link';
import { Card, Section } from '@/components/ui/card';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { RecordTable } from '@/components/ui/desk/record-table';
import type { Column } from '@/components/ui/desk/data-table';
import { Dotted } from '@/components/ui/dotted';
import { Empty, Notice, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { formatPoints } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { clockSeconds, isoDate, stamp } from '@/lib/time';
import { evidenceQuery, type Evidence } from './api/exams';
import { GradeHistory } from './components/grade-history';
import { LateAnswers } from './components/late-answers';
import { VoidAttempt, VoidedNotice } from './components/void-attempt';

/** One attempt as evidence: its life, every answer as it came, the grade, and whether anything was tampered with. */
export default function AttemptPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(evidenceQuery(id));
  return <StateView query={query}>{(evidence) => <EvidenceView evidence={evidence} />}</StateView>;
}

function EvidenceView({ evidence }: { evidence: Evidence }) {
  const t = useT('exam-authoring', 'ui');
  const { attempt, items } = evidence;
  const grade = evidence.grades.at(-1);
  const stems = new Map(items.map((item) => [item.number, item]));
  const columns: Column<Evidence['operations'][number]>[] = [
    {
      key: 'question',
      title: t('exam-authoring:evidence.question'),
      render: (operation) => {
        const item = stems.get(operation.number);
        return (
          <>
            <span className="xs num">
              {t('exam-authoring:evidence.number', { number: item?.shown ?? operation.number })}
            </span>
            <span className="clamp2">{item?.stem}</span>
          </>
        );
      },
    },
    {
      key: 'answer',
      title: t('exam-authoring:evidence.answer'),
      wide: true,
      render: (operation) =>
        operation.value.length === 0
          ? t('exam-authoring:evidence.cleared')
          : operation.value.map((id) => textOf(stems.get(operation.number), id)).join('、'),
    },
    {
      key: 'at',
      title: t('exam-authoring:evidence.at'),
      wide: true,
      render: (operation) => (
        <span className="num">
          {isoDate(operation.received_at)} {clockSeconds(operation.received_at)}
        </span>
      ),
    },
    {
      key: 'state',
      title: t('exam-authoring:column.state'),
      side: true,
      render: (operation) => (
        <span className="row wrap nowrap" style={{ gap: 4 }}>
          {operation.included ? (
            <Tag tone="ok">{t('exam-authoring:evidence.included')}</Tag>
          ) : operation.late ? (
            <Tag tone="warn">{t('exam-authoring:evidence.late')}</Tag>
          ) : operation.counts ? (
            <Tag tone="ok">{t('exam-authoring:evidence.counts')}</Tag>
          ) : (
            <Tag>{t('exam-authoring:evidence.replaced')}</Tag>
          )}
          {!operation.genuine && <Tag tone="accent">{t('exam-authoring:evidence.forged')}</Tag>}
        </span>
      ),
    },
  ];
  return (
    <DetailPage
      title={t('exam-authoring:evidence.title', { name: attempt.person_name })}
      detail={
        <AppLink to={paths.staffExam(evidence.exam_id)}>
          <Dotted parts={[evidence.title, attempt.person_number, attempt.unit_name]} />
        </AppLink>
      }
      tags={<Tag>{t(`exam-authoring:attempt.${attempt.state as 'ready'}`)}</Tag>}
      actions={<VoidAttempt evidence={evidence} />}
      facts={[
        {
          label: t('exam-authoring:result.score'),
          value: grade ? `${formatPoints(grade.score_milli)} / ${formatPoints(grade.total_milli)}` : '—',
        },
        {
          label: t('exam-authoring:result.passed'),
          value: grade ? t(grade.passed ? 'exam-authoring:result.yes' : 'exam-authoring:result.no') : '—',
        },
        { label: t('exam-authoring:evidence.due'), value: attempt.due_at ? stamp(attempt.due_at) : '—' },
        { label: t('exam-authoring:evidence.grading'), value: grade ? String(grade.version) : '—' },
        {
          label: t('exam-authoring:evidence.paper'),
          value: <span style={{ overflowWrap: 'anywhere' }}>{evidence.paper_hash.slice(0, 16)}</span>,
        },
      ]}
      timeline={evidence.events.map((event) => ({
        key: `${event.kind}-${event.at}`,
        at: event.at,
        title: t(`exam-authoring:event.${event.kind}`),
        detail:
          event.by === 'clock'
            ? t('exam-authoring:result.byClock')
            : event.device_id
              ? t('exam-authoring:evidence.device', { id: event.device_id.slice(0, 8) })
              : undefined,
        tone: event.kind === 'taken_over' ? ('warn' as const) : ('plain' as const),
      }))}
    >
      <VoidedNotice evidence={evidence} />
      {(evidence.operations.length > 0 || !evidence.genuine) && (
        <Notice tone={evidence.genuine ? 'ok' : 'accent'} icon={evidence.genuine ? undefined : 'alert'}>
          {t(evidence.genuine ? 'exam-authoring:evidence.genuine' : 'exam-authoring:evidence.tampered')}
        </Notice>
      )}
      <LateAnswers evidence={evidence} />
      <GradeHistory grades={evidence.grades} />
      <Section title={t('exam-authoring:evidence.operations', { count: evidence.operations.length })}>
        <Card pad={false}>
          {evidence.operations.length === 0 ? (
            <Empty compact title={t('exam-authoring:evidence.none')} />
          ) : (
            <RecordTable
              label={t('exam-authoring:evidence.table')}
              columns={columns}
              rows={evidence.operations}
              rowKey={(operation) => operation.op_id}
            />
          )}
        </Card>
      </Section>
    </DetailPage>
  );
}

function textOf(item: Evidence['items'][number] | undefined, id: string): string {
  return item?.options.find((option) => option.id === id)?.text ?? id;
}
