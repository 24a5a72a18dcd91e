import { useNarrow } from '@/lib/screen';
import { DataCards } from './data-cards';
import type { Column } from './data-table';
import styles from './record-table.module.css';

interface RecordTableProps<T> {
  /** Accessible name. */
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  /** Taller than this it scrolls in itself. */
  maxHeight?: number;
  testId?: string;
}

/** A short table inside a page, all of it at once: evidence, a roster, what changes. On a phone its rows are cards. */
export function RecordTable<T>({ label, columns, rows, rowKey, maxHeight, testId }: RecordTableProps<T>) {
  const narrow = useNarrow();
  const cards = (
    <DataCards
      label={label}
      columns={columns}
      rows={rows}
      rowKey={rowKey}
      rowClass={() => ''}
      onPress={() => undefined}
      testId={testId}
    />
  );
  return (
    <div
      className={styles.scroll}
      style={maxHeight === undefined ? undefined : { maxHeight, overflowY: 'auto' }}
      // A region that scrolls must be reachable by keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      {narrow ? (
        cards
      ) : (
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} className={column.align === 'end' ? styles.end : undefined}>
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={rowKey(row)} data-testid={testId}>
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={column.align === 'end' ? styles.end : undefined}
                    style={column.width === undefined ? undefined : { width: column.width }}
                  >
                    {column.render(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
