import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { BankBody } from '@/api/model/bankBody';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Dotted } from '@/components/ui/dotted';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { useSayCrumb } from '@/lib/crumb';
import { formatPoints, group } from '@/lib/hours';
import { useT } from '@/lib/t';
import { bankKeys, bankQuery, kinds, loadQuestions, useRetireQuestion, type Question } from './api/banks';
import { BankDrawer } from './bank-drawer';
import { keyText } from './key-text';
import { QuestionDrawer } from './question-drawer';

/** The questions of one bank: find, write, revise, retire. */
export default function BankPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(bankQuery(id));
  return <StateView query={query}>{(bank) => <BankDetail bank={bank} />}</StateView>;
}

function BankDetail({ bank }: { bank: BankBody }) {
  const t = useT('question-bank', 'ui');
  useSayCrumb(bank.name);
  const [editing, setEditing] = useState(false);
  const [open, setOpen] = useState<Question | 'new'>();
  const [retiring, setRetiring] = useState<Question[]>();
  const retire = useRetireQuestion();
  const columns: Column<Question>[] = [
    {
      key: 'stem',
      title: t('question-bank:column.stem'),
      always: true,
      render: (question) => (
        <div style={{ maxWidth: 560 }}>
          <span className="clamp2">{question.stem}</span>
          <div className="xs">
            <Dotted parts={[t('question-bank:keyIs', { key: keyText(question, t) }), question.source]} />
          </div>
        </div>
      ),
    },
    {
      key: 'kind',
      side: true,
      title: t('question-bank:column.kind'),
      width: 90,
      render: (question) => <Tag>{t(`question-bank:kind.${question.kind}`)}</Tag>,
    },
    {
      key: 'tags',
      title: t('question-bank:column.tags'),
      width: 180,
      render: (question) => question.tags?.join('、') || '—',
    },
    {
      key: 'points',
      title: t('question-bank:column.points'),
      align: 'end',
      width: 80,
      render: (question) => (question.points_milli ? formatPoints(question.points_milli) : '—'),
    },
    {
      key: 'difficulty',
      title: t('question-bank:column.difficulty'),
      align: 'end',
      width: 80,
      extra: true,
      render: (question) => question.difficulty ?? '—',
    },
    {
      key: 'used',
      title: t('question-bank:column.used'),
      align: 'end',
      width: 90,
      render: (question) => group(question.used_by),
    },
    {
      key: 'state',
      title: t('question-bank:column.version'),
      width: 110,
      render: (question) =>
        question.state === 'retired' ? (
          <Tag tone="warn">{t('question-bank:retired')}</Tag>
        ) : (
          t('question-bank:version', { number: question.version })
        ),
    },
  ];
  return (
    <>
      <PageHeader
        title={bank.name}
        detail={bank.description || t('question-bank:count', { count: bank.question_count })}
        actions={
          <>
            <Button small onClick={() => setEditing(true)}>
              {t('question-bank:edit')}
            </Button>
            <Button small kind="primary" onClick={() => setOpen('new')}>
              {t('question-bank:addQuestion')}
            </Button>
          </>
        }
      />
      <DataTable<Question>
        name="questions"
        label={bank.name}
        queryKey={bankKeys.questions(bank.id)}
        load={loadQuestions(bank.id)}
        columns={columns}
        rowKey={(question) => question.id}
        onRow={setOpen}
        filters={[
          { kind: 'search', key: 'q', label: t('question-bank:searchStem') },
          {
            kind: 'select',
            key: 'kind',
            label: t('question-bank:column.kind'),
            options: kinds.map((kind) => ({ value: kind, label: t(`question-bank:kind.${kind}`) })),
          },
          {
            kind: 'select',
            key: 'tag',
            label: t('question-bank:column.tags'),
            options: (bank.tags ?? []).map((tag) => ({
              value: tag.name,
              label: `${tag.name} (${tag.question_count})`,
            })),
          },
          {
            kind: 'select',
            key: 'retired',
            label: t('question-bank:showRetired'),
            options: [{ value: 'true', label: t('question-bank:withRetired') }],
          },
        ]}
        bulk={(rows) => (
          <Button small onClick={() => setRetiring(rows.filter((question) => question.state === 'active'))}>
            {t('question-bank:retire.verb')}
          </Button>
        )}
        empty={{
          title: t('question-bank:noQuestions.title'),
          text: t('question-bank:noQuestions.text'),
          action: (
            <Button kind="primary" onClick={() => setOpen('new')}>
              {t('question-bank:addQuestion')}
            </Button>
          ),
        }}
      />
      {editing && <BankDrawer bank={bank} onClose={() => setEditing(false)} />}
      {open && (
        <QuestionDrawer
          key={open === 'new' ? 'new' : open.id}
          bank={bank}
          question={open === 'new' ? undefined : open}
          onClose={() => setOpen(undefined)}
          onRetire={(question) => setRetiring([question])}
        />
      )}
      <ConfirmWithReason
        open={retiring !== undefined}
        title={t('question-bank:retire.title', { count: retiring?.length ?? 0 })}
        verb={t('question-bank:retire.verb')}
        withReason
        onClose={() => setRetiring(undefined)}
        onConfirm={async (reason) => {
          for (const question of retiring ?? []) await retire.mutateAsync({ id: question.id, reason });
          setOpen(undefined);
          toast(t('question-bank:retire.done'));
        }}
      >
        {t('question-bank:retire.text')}
      </ConfirmWithReason>
    </>
  );
}
