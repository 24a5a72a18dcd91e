import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { group } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { endText, momentText } from '@/lib/time';
import { examKeys, loadExams, type Exam } from './api/exams';
import { ExamDrawer } from './exam-drawer';
import { ExamStateTag } from './exam-state';

/** The exams: their window, their state, how many have handed in. */
export default function Exams() {
  const t = useT('exam-authoring', 'ui');
  const navigate = useNavigate();
  const session = useSession();
  const [adding, setAdding] = useState(false);
  const add = can(session, [permissions.staff.exams]) && (
    <Button small kind="primary" onClick={() => setAdding(true)}>
      {t('exam-authoring:add')}
    </Button>
  );
  const columns: Column<Exam>[] = [
    {
      key: 'title',
      title: t('exam-authoring:column.title'),
      always: true,
      render: (exam) => (
        <AppLink to={paths.staffExam(exam.id)}>
          <b>{exam.title}</b>
        </AppLink>
      ),
    },
    {
      key: 'state',
      side: true,
      title: t('exam-authoring:column.state'),
      width: 110,
      render: (exam) => <ExamStateTag exam={exam} />,
    },
    {
      key: 'window',
      wide: true,
      title: t('exam-authoring:column.window'),
      render: (exam) => (
        <>
          <span className="num">{momentText(exam.opens_at)} –</span>{' '}
          <span className="num">{endText(exam.opens_at, exam.closes_at)}</span>
        </>
      ),
    },
    {
      key: 'duration',
      title: t('exam-authoring:column.duration'),
      align: 'end',
      width: 110,
      render: (exam) => t('exam-authoring:minutes', { count: Math.round(exam.duration_s / 60) }),
    },
    {
      key: 'questions',
      title: t('exam-authoring:column.questions'),
      align: 'end',
      width: 90,
      render: (exam) => (exam.question_count > 0 ? exam.question_count : '—'),
    },
    {
      key: 'submitted',
      title: t('exam-authoring:column.submitted'),
      align: 'end',
      width: 100,
      render: (exam) => group(exam.submitted_count),
    },
  ];
  return (
    <>
      <PageHeader title={t('exam-authoring:title')} detail={t('exam-authoring:detail')} actions={add} />
      <DataTable<Exam>
        name="exams"
        label={t('exam-authoring:title')}
        queryKey={examKeys.list()}
        load={loadExams}
        columns={columns}
        rowKey={(exam) => exam.id}
        rowTo={(exam) => paths.staffExam(exam.id)}
        filters={[
          { kind: 'search', key: 'q', label: t('exam-authoring:search') },
          {
            kind: 'select',
            key: 'state',
            label: t('exam-authoring:column.state'),
            options: (['draft', 'published', 'cancelled'] as const).map((state) => ({
              value: state,
              label: t(`exam-authoring:state.${state}`),
            })),
          },
        ]}
        empty={{
          title: t('exam-authoring:empty.title'),
          text: t('exam-authoring:empty.text'),
          action: add || undefined,
        }}
      />
      {adding && (
        <ExamDrawer
          onClose={() => setAdding(false)}
          onSaved={(id) => void navigate({ to: paths.staffExam(id) })}
        />
      )}
    </>
  );
}
