import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { Input } from '@/components/ui/desk/form';
import { CheckField } from '@/components/ui/field';
import { Empty, Notice } from '@/components/ui/state-view';
import { useRested } from '@/lib/debounce';
import { formatPoints } from '@/lib/hours';
import { useT } from '@/lib/t';
import { banksQuery, questionsQuery, type Item } from './api/papers';
import styles from './papers.module.css';

const kinds = ['single', 'multiple', 'judgement'] as const;

/** Questions ticked one by one, each with its points. */
export function ItemsEditor({ items, onChange }: { items: Item[]; onChange: (items: Item[]) => void }) {
  const t = useT('papers');
  const banks = useQuery(banksQuery);
  const [bank, setBank] = useState<string>();
  const [kind, setKind] = useState<string>();
  const [text, setText] = useState('');
  const bankId = bank ?? banks.data?.[0]?.id ?? '';
  const questions = useQuery({
    ...questionsQuery(bankId, useRested(text), kind ?? ''),
    enabled: bankId !== '',
  });
  const chosen = new Map(items.map((item) => [item.question_id, item]));
  const points = items.reduce((sum, item) => sum + (item.points_milli ?? 0), 0);
  if (banks.data?.length === 0) return <Empty compact title={t('papers:noBanks')} />;
  return (
    <div className="stack">
      <Notice>{t('papers:row.sum', { count: items.length, points: formatPoints(points) })}</Notice>
      <div className="row wrap">
        <Select
          label={t('papers:row.bank')}
          value={bankId}
          width={200}
          options={(banks.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
          onChange={setBank}
        />
        <Select
          label={t('papers:row.kind')}
          value={kind}
          width={110}
          clearable
          options={kinds.map((one) => ({ value: one, label: t(`papers:kind.${one}`) }))}
          onChange={setKind}
        />
        <div className="grow">
          <Input
            label={t('papers:searchStem')}
            placeholder={t('papers:searchStem')}
            value={text}
            onChange={setText}
          />
        </div>
      </div>
      <ul className={styles.questions}>
        {(questions.data ?? [])
          .filter((question) => question.state === 'active')
          .map((question) => {
            const item = chosen.get(question.id);
            return (
              <li key={question.id}>
                <div className="grow">
                  <CheckField
                    label={
                      <>
                        <span className="xs">{t(`papers:kind.${question.kind}`)}</span> {question.stem}
                      </>
                    }
                    checked={item !== undefined}
                    onChange={() =>
                      onChange(
                        item
                          ? items.filter((one) => one.question_id !== question.id)
                          : [
                              ...items,
                              { question_id: question.id, points_milli: question.points_milli || 2000 },
                            ],
                      )
                    }
                  />
                </div>
                {item && (
                  <div style={{ width: 110 }}>
                    <NumberField
                      label={t('papers:row.points')}
                      value={item.points_milli}
                      scale={1000}
                      min={0}
                      step={0.5}
                      unit={t('papers:row.pointsUnit')}
                      onChange={(value) =>
                        onChange(
                          items.map((one) =>
                            one.question_id === question.id ? { ...one, points_milli: value ?? 0 } : one,
                          ),
                        )
                      }
                    />
                  </div>
                )}
              </li>
            );
          })}
      </ul>
      {items.length > 0 && (
        <div>
          <Button small kind="quiet" onClick={() => onChange([])}>
            {t('papers:clear')}
          </Button>
        </div>
      )}
    </div>
  );
}
