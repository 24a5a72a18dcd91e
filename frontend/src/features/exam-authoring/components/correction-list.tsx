import { Card } from '@/components/ui/card';
import { Select } from '@/components/ui/desk/select';
import { Tag } from '@/components/ui/tag';
import { formatPoints } from '@/lib/hours';
import { useT } from '@/lib/t';
import type { Correction, Marking } from '../api/amends';
import styles from './regrade.module.css';

type Item = Marking['items'][number];

const rules = ['key', 'full', 'void'] as const;

/** The questions of a paper, each with how it is to be marked. */
export function CorrectionList({
  items,
  corrections,
  onChange,
}: {
  items: Item[];
  corrections: Correction[];
  onChange: (corrections: Correction[]) => void;
}) {
  const others = (number: number) => corrections.filter((one) => one.number !== number);
  return (
    <Card pad={false}>
      <ul className={styles.items}>
        {items.map((item) => (
          <Line
            key={item.number}
            item={item}
            correction={corrections.find((one) => one.number === item.number)}
            onChange={(next) => onChange(next ? [...others(item.number), next] : others(item.number))}
          />
        ))}
      </ul>
    </Card>
  );
}

function Line({
  item,
  correction,
  onChange,
}: {
  item: Item;
  correction: Correction | undefined;
  onChange: (correction: Correction | undefined) => void;
}) {
  const t = useT('exam-amend', 'exam-taking');
  const number = t('exam-amend:regrade.number', { number: item.number });
  const texts = (ids: string[]) =>
    item.options
      .filter((option) => ids.includes(option.id))
      .map((option) => option.text)
      .join('、');
  const key = correction?.key ?? item.key;
  return (
    <li className={correction && styles.changed} data-testid="correction" data-number={item.number}>
      <div className={styles.head}>
        <span className="row" style={{ gap: 8 }}>
          <b className="num">{number}</b>
          <Tag>{t(`exam-taking:kind.${item.kind as 'single'}`)}</Tag>
          <span className="xs num">
            {t('exam-taking:points', { points: formatPoints(item.points_milli) })}
          </span>
          {correction && <Tag tone="accent">{t(`exam-amend:regrade.correctedRules.${correction.rule}`)}</Tag>}
        </span>
        <Select
          label={`${number} ${t('exam-amend:regrade.rule')}`}
          width={140}
          value={correction?.rule ?? 'none'}
          options={(['none', ...rules] as const).map((rule) => ({
            value: rule,
            label: t(`exam-amend:regrade.rules.${rule}`),
          }))}
          onChange={(rule) =>
            onChange(
              rule === 'key'
                ? { number: item.number, rule, key: item.key }
                : rule === 'full' || rule === 'void'
                  ? { number: item.number, rule }
                  : undefined,
            )
          }
        />
      </div>
      <p className={styles.stem}>{item.stem}</p>
      {correction?.rule === 'key' ? (
        <fieldset className={styles.options}>
          <legend className="visually-hidden">
            {number} {t('exam-amend:regrade.key')}
          </legend>
          {item.options.map((option) => (
            <label key={option.id}>
              <input
                type={item.kind === 'judgement' ? 'radio' : 'checkbox'}
                name={`key-${item.number}`}
                checked={key.includes(option.id)}
                onChange={(event) =>
                  onChange({
                    ...correction,
                    key:
                      item.kind === 'judgement'
                        ? [option.id]
                        : event.target.checked
                          ? [...key, option.id]
                          : key.filter((id) => id !== option.id),
                  })
                }
              />
              <span>{option.text}</span>
            </label>
          ))}
          {item.kind === 'single' && <p className="xs">{t('exam-amend:regrade.ruleHints.keySingle')}</p>}
          <p className="xs">
            {t('exam-amend:regrade.published')} {texts(item.key)}
          </p>
        </fieldset>
      ) : (
        <p className="s">
          {t('exam-amend:regrade.published')} {texts(item.key)}
          {correction && (
            <>
              <br />
              {t(`exam-amend:regrade.ruleHints.${correction.rule === 'void' ? 'void' : 'full'}`)}
            </>
          )}
        </p>
      )}
    </li>
  );
}
