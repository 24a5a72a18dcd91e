import { useQuery } from '@tanstack/react-query';
import { Button } from '@/components/ui/button';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { Empty, Notice } from '@/components/ui/state-view';
import { formatPoints } from '@/lib/hours';
import { useT } from '@/lib/t';
import { banksQuery, bankTagsQuery, type Row } from './api/papers';
import styles from './papers.module.css';

const kinds = ['single', 'multiple', 'judgement'] as const;

/** Rows of a blueprint: from which bank, what kind and tag, how many, at how many points each. */
export function BlueprintEditor({ rows, onChange }: { rows: Row[]; onChange: (rows: Row[]) => void }) {
  const t = useT('papers');
  const banks = useQuery(banksQuery);
  const first = banks.data?.[0];
  const change = (at: number, next: Partial<Row>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...next } : row)));
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const points = rows.reduce((sum, row) => sum + row.count * (row.points_milli ?? 0), 0);
  if (banks.data?.length === 0) return <Empty compact title={t('papers:noBanks')} />;
  return (
    <div className="stack">
      {rows.map((row, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no identity but their place
        <div key={at} className={styles.row}>
          <Select
            label={t('papers:row.bank')}
            value={row.bank_id}
            width={200}
            options={(banks.data ?? []).map((bank) => ({ value: bank.id, label: bank.name }))}
            onChange={(bank_id) => change(at, { bank_id: bank_id ?? row.bank_id, tag: '' })}
          />
          <Select
            label={t('papers:row.kind')}
            value={row.kind || undefined}
            width={110}
            clearable
            options={kinds.map((kind) => ({ value: kind, label: t(`papers:kind.${kind}`) }))}
            onChange={(kind) => change(at, { kind: (kind ?? '') as Row['kind'] })}
          />
          <TagSelect row={row} onChange={(tag) => change(at, { tag })} />
          <NumberField
            label={t('papers:row.count')}
            value={row.count}
            min={1}
            max={500}
            unit={t('papers:row.questions')}
            onChange={(value) => change(at, { count: value ?? 1 })}
          />
          <NumberField
            label={t('papers:row.points')}
            value={row.points_milli}
            scale={1000}
            min={0}
            step={0.5}
            unit={t('papers:row.each')}
            onChange={(value) => change(at, { points_milli: value ?? 0 })}
          />
          <Button small kind="quiet" onClick={() => onChange(rows.filter((_, index) => index !== at))}>
            {t('papers:row.remove')}
          </Button>
        </div>
      ))}
      <div className="row between wrap">
        <Button
          small
          disabled={!first}
          onClick={() =>
            first &&
            onChange([...rows, { bank_id: first.id, kind: 'single', tag: '', count: 10, points_milli: 2000 }])
          }
        >
          {t('papers:row.add')}
        </Button>
        {rows.length > 0 && <Notice>{t('papers:row.sum', { count, points: formatPoints(points) })}</Notice>}
      </div>
    </div>
  );
}

function TagSelect({ row, onChange }: { row: Row; onChange: (tag: string) => void }) {
  const t = useT('papers');
  const tags = useQuery(bankTagsQuery(row.bank_id));
  return (
    <Select
      label={t('papers:row.tag')}
      value={row.tag || undefined}
      width={150}
      clearable
      options={(tags.data ?? []).map((tag) => ({
        value: tag.name,
        label: `${tag.name} (${tag.question_count})`,
      }))}
      onChange={(tag) => onChange(tag ?? '')}
    />
  );
}
