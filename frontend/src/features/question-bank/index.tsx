import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { BankBody } from '@/api/model/bankBody';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { group } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { bankKeys, loadBanks } from './api/banks';
import { BankDrawer } from './bank-drawer';

/** The question banks. */
export default function Banks() {
  const t = useT('question-bank', 'ui');
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const columns: Column<BankBody>[] = [
    {
      key: 'name',
      title: t('question-bank:column.name'),
      always: true,
      render: (bank) => (
        <div>
          <AppLink to={paths.staffBank(bank.id)}>
            <b>{bank.name}</b>
          </AppLink>
          {bank.description && <div className="xs">{bank.description}</div>}
        </div>
      ),
    },
    {
      key: 'count',
      title: t('question-bank:column.count'),
      align: 'end',
      width: 120,
      render: (bank) => group(bank.question_count),
    },
    {
      key: 'updated',
      title: t('question-bank:column.updated'),
      width: 160,
      render: (bank) => whenText(bank.updated_at),
    },
  ];
  return (
    <>
      <PageHeader
        title={t('question-bank:title')}
        detail={t('question-bank:detail')}
        actions={
          <Button small kind="primary" onClick={() => setAdding(true)}>
            {t('question-bank:add')}
          </Button>
        }
      />
      <DataTable<BankBody>
        name="banks"
        label={t('question-bank:title')}
        queryKey={bankKeys.list()}
        load={loadBanks}
        columns={columns}
        rowKey={(bank) => bank.id}
        rowTo={(bank) => paths.staffBank(bank.id)}
        filters={[{ kind: 'search', key: 'q', label: t('question-bank:search') }]}
        empty={{
          title: t('question-bank:empty.title'),
          text: t('question-bank:empty.text'),
          action: (
            <Button kind="primary" onClick={() => setAdding(true)}>
              {t('question-bank:add')}
            </Button>
          ),
        }}
      />
      {adding && (
        <BankDrawer
          onClose={() => setAdding(false)}
          onSaved={(id) => void navigate({ to: paths.staffBank(id) })}
        />
      )}
    </>
  );
}
