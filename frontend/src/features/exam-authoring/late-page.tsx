import { AppLink } from '@/components/ui/app-link';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { PersonName } from '@/components/ui/person-name';
import { Tag } from '@/components/ui/tag';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { momentText } from '@/lib/time';
import { amendKeys, loadLate, type InclusionRow } from './api/amends';

const tones = { open: 'warn', approved: 'ok', declined: 'plain' } as const;

/** The proposals to include late answers, those that wait for a second person first. */
export default function LatePage() {
  const t = useT('exam-amend', 'exam-authoring');
  const columns: Column<InclusionRow>[] = [
    {
      key: 'person',
      title: t('exam-amend:lateList.person'),
      always: true,
      render: (row) => (
        <AppLink to={paths.staffAttempt(row.attempt_id)}>
          <PersonName name={row.person_name} strong />
          <div className="xs num">{row.person_number}</div>
        </AppLink>
      ),
    },
    {
      key: 'exam',
      title: t('exam-amend:lateList.exam'),
      render: (row) => row.exam_title,
    },
    {
      key: 'answers',
      title: t('exam-amend:lateList.answers'),
      align: 'end',
      width: 90,
      render: (row) => row.op_ids.length,
    },
    {
      key: 'arrived',
      title: t('exam-amend:lateList.arrived'),
      render: (row) => (
        <>
          <span className="num">{momentText(row.latest_at)}</span>
          <div className="xs">
            {t('exam-amend:lateList.after', {
              minutes: Math.max(1, Math.round((Date.parse(row.latest_at) - Date.parse(row.due_at)) / 60_000)),
            })}
          </div>
        </>
      ),
    },
    {
      key: 'proposed',
      title: t('exam-amend:lateList.proposed'),
      render: (row) => (
        <>
          {row.proposed_by_name} · <span className="num">{momentText(row.proposed_at)}</span>
          <div className="xs">{row.reason}</div>
        </>
      ),
    },
    {
      key: 'state',
      title: t('exam-amend:lateList.state'),
      width: 120,
      render: (row) => (
        <>
          <Tag tone={tones[row.state]}>{t(`exam-amend:lateList.states.${row.state}`)}</Tag>
          {row.decided_by_name && <div className="xs">{row.decided_by_name}</div>}
        </>
      ),
    },
  ];
  return (
    <>
      <PageHeader title={t('exam-amend:lateList.title')} detail={t('exam-amend:lateList.detail')} />
      <DataTable<InclusionRow>
        name="late-answers"
        label={t('exam-amend:lateList.title')}
        queryKey={amendKeys.late()}
        load={loadLate}
        columns={columns}
        rowKey={(row) => row.id}
        rowTo={(row) => paths.staffAttempt(row.attempt_id)}
        filters={[
          {
            kind: 'select',
            key: 'state',
            label: t('exam-amend:lateList.state'),
            options: (['open', 'decided'] as const).map((state) => ({
              value: state,
              label: t(`exam-amend:lateList.states.${state}`),
            })),
          },
        ]}
        empty={{ title: t('exam-amend:lateList.empty'), text: t('exam-amend:lateList.emptyText') }}
      />
    </>
  );
}
