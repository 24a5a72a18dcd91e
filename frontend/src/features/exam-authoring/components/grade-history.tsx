import { Card, Section } from '@/components/ui/card';
import type { Column } from '@/components/ui/desk/data-table';
import { RecordTable } from '@/components/ui/desk/record-table';
import { Tag } from '@/components/ui/tag';
import { formatPoints } from '@/lib/hours';
import { sorted } from '@/lib/sorted';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import type { Evidence } from '../api/exams';

/** Every grade an attempt was given, with who had it graded again and why. */
export function GradeHistory({ grades }: { grades: Evidence['grades'] }) {
  const t = useT('exam-amend', 'exam-authoring');
  if (grades.length < 2) return null;
  const columns: Column<Evidence['grades'][number]>[] = [
    {
      key: 'version',
      title: t('exam-amend:grades.version'),
      render: (grade) => <span className="num">{grade.version}</span>,
    },
    {
      key: 'score',
      title: t('exam-authoring:result.score'),
      render: (grade) => (
        <span className="num">
          {formatPoints(grade.score_milli)} / {formatPoints(grade.total_milli)}
        </span>
      ),
    },
    {
      key: 'passed',
      title: t('exam-authoring:result.passed'),
      side: true,
      render: (grade) => (
        <Tag tone={grade.passed ? 'ok' : 'accent'}>
          {t(grade.passed ? 'exam-authoring:result.yes' : 'exam-authoring:result.no')}
        </Tag>
      ),
    },
    {
      key: 'cause',
      title: t('exam-amend:grades.cause'),
      wide: true,
      render: (grade) => (
        <>
          {t(`exam-amend:grades.causes.${grade.cause}`)}
          {grade.reason && <div className="xs">{grade.reason}</div>}
        </>
      ),
    },
    {
      key: 'by',
      title: t('exam-amend:grades.by'),
      render: (grade) => <span className="nowrap">{grade.by || '—'}</span>,
    },
    {
      key: 'at',
      title: t('exam-amend:grades.at'),
      render: (grade) => <span className="num">{stamp(grade.at)}</span>,
    },
  ];
  return (
    <Section title={t('exam-amend:grades.section')}>
      <Card pad={false}>
        <RecordTable
          label={t('exam-amend:grades.section')}
          columns={columns}
          rows={sorted(grades, (a, b) => b.version - a.version)}
          rowKey={(grade) => String(grade.version)}
          testId="grade"
        />
      </Card>
    </Section>
  );
}
