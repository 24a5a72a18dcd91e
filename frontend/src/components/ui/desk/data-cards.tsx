import type { ReactNode } from 'react';
import { useT } from '@/lib/t';
import type { Column } from './data-table';
import styles from './data-cards.module.css';
import { Select } from './select';

interface DataCardsProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  /** A box to tick, when there are deeds on several rows. */
  tick?: (row: T) => ReactNode;
  rowClass: (row: T) => string;
  onPress: (event: React.MouseEvent, row: T) => void;
  testId?: string;
}

/** The rows of a table on a phone: the first column is the heading of a card, the others follow with their names. */
export function DataCards<T>({
  label,
  columns,
  rows,
  rowKey,
  tick,
  rowClass,
  onPress,
  testId,
}: DataCardsProps<T>) {
  const [head, ...others] = columns;
  const side = others.filter((column) => column.side);
  const facts = others.filter((column) => !column.side);
  return (
    <ul className={styles.cards} aria-label={label}>
      {rows.map((row) => (
        // The link in the heading is for the keyboard; the whole card is for the thumb.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
        <li
          key={rowKey(row)}
          data-testid={testId}
          className={`${styles.card} ${rowClass(row)}`}
          onClick={(event) => onPress(event, row)}
        >
          <div className={styles.head}>
            {tick?.(row)}
            <div className="grow">{head?.render(row)}</div>
            {side.map((column) => (
              <div key={column.key}>{column.render(row)}</div>
            ))}
          </div>
          {facts.length > 0 && (
            <dl className={styles.facts}>
              {facts.map((column) => {
                const value = column.render(row);
                // A table needs its cell; a card does not say what is not there.
                return value === '—' ? null : (
                  <div key={column.key} className={column.wide ? styles.wide : undefined}>
                    <dt>{column.title}</dt>
                    <dd>{value}</dd>
                  </div>
                );
              })}
            </dl>
          )}
        </li>
      ))}
    </ul>
  );
}

interface SortChoiceProps<T> {
  columns: Column<T>[];
  value: string | undefined;
  onChange: (sort: string | undefined) => void;
}

/** The order of the cards; a table has it in its headings. */
export function SortChoice<T>({ columns, value, onChange }: SortChoiceProps<T>) {
  const t = useT('ui');
  const options = columns.flatMap(({ title, sort }) =>
    sort
      ? [
          { value: sort, label: t('ui:table.ascending', { title }) },
          { value: `-${sort}`, label: t('ui:table.descending', { title }) },
        ]
      : [],
  );
  if (options.length === 0) return null;
  return (
    <Select
      label={t('ui:table.sort')}
      clearable
      width={168}
      options={options}
      value={value}
      onChange={onChange}
    />
  );
}
