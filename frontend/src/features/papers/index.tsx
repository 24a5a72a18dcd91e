import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { Tag } from '@/components/ui/tag';
import { group } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { loadPapers, paperKeys, type Paper } from './api/papers';
import { PaperDrawer } from './paper-drawer';

/** The papers: chosen by hand or drawn by a blueprint. */
export default function Papers() {
  const t = useT('papers', 'ui');
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button small kind="primary" onClick={() => setAdding(true)}>
      {t('papers:add')}
    </Button>
  );
  const columns: Column<Paper>[] = [
    {
      key: 'title',
      title: t('papers:column.title'),
      always: true,
      render: (paper) => (
        <AppLink to={paths.staffPaper(paper.id)}>
          <b>{paper.title}</b>
        </AppLink>
      ),
    },
    {
      key: 'mode',
      title: t('papers:column.mode'),
      width: 120,
      render: (paper) => <Tag>{t(`papers:mode.${paper.mode}`)}</Tag>,
    },
    {
      key: 'count',
      title: t('papers:column.count'),
      align: 'end',
      width: 90,
      render: (paper) => group(paper.question_count),
    },
    {
      key: 'used',
      title: t('papers:column.used'),
      align: 'end',
      width: 110,
      render: (paper) => group(paper.used_by),
    },
    {
      key: 'updated',
      title: t('papers:column.updated'),
      width: 160,
      render: (paper) => whenText(paper.updated_at),
    },
  ];
  return (
    <>
      <PageHeader title={t('papers:title')} detail={t('papers:detail')} actions={add} />
      <DataTable<Paper>
        name="papers"
        label={t('papers:title')}
        queryKey={[...paperKeys.all, 'list']}
        load={loadPapers}
        columns={columns}
        rowKey={(paper) => paper.id}
        rowTo={(paper) => paths.staffPaper(paper.id)}
        filters={[{ kind: 'search', key: 'q', label: t('papers:search') }]}
        empty={{ title: t('papers:empty.title'), text: t('papers:empty.text'), action: add }}
      />
      {adding && (
        <PaperDrawer
          onClose={() => setAdding(false)}
          onSaved={(id) => void navigate({ to: paths.staffPaper(id) })}
        />
      )}
    </>
  );
}
