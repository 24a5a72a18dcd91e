import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button, buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { FormProblem } from '@/components/ui/form-problem';
import { PageHeader } from '@/components/ui/page-header';
import { Tag, type Tone } from '@/components/ui/tag';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { importKeys, loadImports, templateUrl, uploadImport, type PeopleImport } from './api/imports';
import styles from './people-import.module.css';

export const stateTone: Partial<Record<PeopleImport['state'], Tone>> = {
  applied: 'ok',
  failed: 'warn',
  previewed: 'accent',
  read: 'accent',
};

/** Bring people in from a table: upload one, or look at what was imported before. */
export default function PeopleImports() {
  const t = useT('people-import', 'ui');
  const client = useQueryClient();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const upload = useMutation({
    mutationFn: uploadImport,
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: importKeys.all });
      void navigate({ to: paths.staffImport(made.id) });
    },
  });
  const take = (file: File | undefined) => file && upload.mutate(file);
  const columns: Column<PeopleImport>[] = [
    {
      key: 'file',
      title: t('people-import:column.file'),
      always: true,
      render: (one) => (
        <div>
          <AppLink to={paths.staffImport(one.id)}>{one.filename}</AppLink>
          <div className="xs num">{stamp(one.created_at)}</div>
        </div>
      ),
    },
    {
      key: 'state',
      title: t('people-import:column.state'),
      side: true,
      width: 130,
      render: (one) => <Tag tone={stateTone[one.state]}>{t(`people-import:state.${one.state}`)}</Tag>,
    },
    {
      key: 'applied',
      title: t('people-import:column.applied'),
      align: 'end',
      width: 110,
      render: (one) => one.counts.applied,
    },
    {
      key: 'refused',
      title: t('people-import:column.refused'),
      align: 'end',
      width: 110,
      render: (one) => one.counts.refused + one.counts.stale,
    },
    { key: 'reason', title: t('people-import:column.reason'), render: (one) => one.reason || '—' },
  ];
  return (
    <>
      <PageHeader title={t('people-import:title')} detail={t('people-import:detail')} />
      <div className="stack">
        <Card>
          <div
            className={styles.drop}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              take(event.dataTransfer.files[0]);
            }}
          >
            <strong>{t('people-import:upload.title')}</strong>
            <p className="xs">{t('people-import:upload.text')}</p>
            <input
              ref={input}
              type="file"
              accept=".xlsx,.csv,.txt,.tsv"
              className="visually-hidden"
              tabIndex={-1}
              aria-label={t('people-import:upload.title')}
              onChange={({ target }) => {
                take(target.files?.[0]);
                target.value = ''; // the same file may be chosen again after it was mended
              }}
            />
            <div className={styles.actions}>
              <Button kind="primary" busy={upload.isPending} onClick={() => input.current?.click()}>
                {t('people-import:upload.choose')}
              </Button>
              <a className={buttonClass({})} href={templateUrl('xlsx')} download>
                {t('people-import:template.xlsx')}
              </a>
              <a className={buttonClass({ kind: 'quiet' })} href={templateUrl('csv')} download>
                {t('people-import:template.csv')}
              </a>
            </div>
            <FormProblem error={upload.error} />
          </div>
        </Card>
        <DataTable<PeopleImport>
          name="people-imports"
          label={t('people-import:history')}
          queryKey={importKeys.list()}
          load={loadImports}
          columns={columns}
          rowKey={(one) => one.id}
          rowTo={(one) => paths.staffImport(one.id)}
          empty={{ title: t('people-import:empty') }}
        />
      </div>
    </>
  );
}
