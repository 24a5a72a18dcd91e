import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Dotted } from '@/components/ui/dotted';
import { PersonName } from '@/components/ui/person-name';
import { Tag, type Tone } from '@/components/ui/tag';
import { colon, language } from '@/lib/language';
import { useT } from '@/lib/t';
import {
  fields,
  importKeys,
  loadRows,
  type CellFlaw,
  type FieldKey,
  type ImportRow,
  type Outcome,
  type PeopleImport,
} from './api/imports';
import styles from './people-import.module.css';

const outcomes: Outcome[] = ['new', 'changed', 'same', 'refused', 'stale'];
const tones: Record<Outcome, Tone> = {
  new: 'ok',
  changed: 'accent',
  same: 'plain',
  refused: 'warn',
  stale: 'warn',
};

/** Every row of the file and what comes of it: field by field, or the reason with its cell. */
export function ImportRows({ of }: { of: PeopleImport }) {
  const t = useT('people-import', 'common');
  const columns: Column<ImportRow>[] = [
    { key: 'line', title: t('people-import:row.line'), width: 80, align: 'end', render: (row) => row.line },
    {
      key: 'person',
      title: t('people-import:row.person'),
      always: true,
      width: 180,
      render: (row) => (
        <div>
          <PersonName name={row.values.name ?? '—'} strong />
          <div className="xs num">{row.values.number}</div>
        </div>
      ),
    },
    {
      key: 'outcome',
      title: t('people-import:row.outcome'),
      side: true,
      width: 110,
      render: (row) => <Tag tone={tones[row.outcome]}>{t(`people-import:outcome.${row.outcome}`)}</Tag>,
    },
    {
      key: 'what',
      title: t('people-import:row.what'),
      wide: true,
      wrap: '60ch',
      render: (row) => <What row={row} />,
    },
  ];
  return (
    <DataTable<ImportRow>
      name="people-import-rows"
      label={t('people-import:row.title')}
      queryKey={importKeys.rows(of.id, of.state)}
      load={loadRows(of.id)}
      columns={columns}
      rowKey={(row) => String(row.line)}
      filters={[
        {
          kind: 'select',
          key: 'outcome',
          label: t('people-import:row.outcome'),
          options: outcomes.map((value) => ({ value, label: t(`people-import:outcome.${value}`) })),
        },
      ]}
      empty={{ title: t('people-import:row.none') }}
    />
  );
}

function What({ row }: { row: ImportRow }) {
  const t = useT('people-import', 'common');
  const name = (field: FieldKey) => t(`people-import:field.${field}`);
  return (
    <ul className={styles.flaws}>
      {row.refusals.map((flaw) => (
        <li
          key={flaw.cell + flaw.reason}
          data-testid="refusal"
          data-cell={flaw.cell}
          data-reason={flaw.reason}
        >
          <Where flaw={flaw} line={row.line} /> {flaw.messages[language()]}
        </li>
      ))}
      {row.changes.map((change) => (
        <li key={change.field}>
          {name(change.field)}
          {colon()}
          {word(change.field, change.old)} → {word(change.field, change.new)}
        </li>
      ))}
      {row.notes.map((flaw) => (
        <li key={flaw.cell + flaw.reason} className={styles.note}>
          <Where flaw={flaw} line={row.line} /> {flaw.messages[language()]}
        </li>
      ))}
      {row.outcome === 'new' && (
        <li className={styles.note}>
          <Dotted
            parts={fields
              .filter((field) => field !== 'number' && field !== 'name' && row.values[field])
              .map((field) => `${name(field)}${colon()}${word(field, row.values[field] ?? '')}`)}
          />
        </li>
      )}
    </ul>
  );

  function word(field: FieldKey, value: string): string {
    if (value === '') return t('people-import:row.nothing');
    if (field === 'stage') return t(`common:stage.${value as 'masses'}`);
    if (field === 'rank') return t(`common:rank.${value as 'section_head'}`);
    if (field === 'kind') return t(`common:kind.${value as 'staff'}`);
    if (field === 'gender') return t(`people-import:gender.${value as 'male'}`);
    return value;
  }
}

function Where({ flaw, line }: { flaw: CellFlaw; line: number }) {
  const t = useT('people-import');
  const column = flaw.cell.replace(/[0-9]+$/, '');
  return (
    <strong>{column ? t('people-import:cell', { line, column }) : t('people-import:line', { line })}</strong>
  );
}
