import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField } from '@/components/ui/desk/form';
import { SelectField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { personKinds } from '@/lib/org';
import { useT } from '@/lib/t';
import { fields, useImportDeeds, type PeopleImport } from './api/imports';
import styles from './people-import.module.css';

/** Which column is what: suggested from the header, confirmed by somebody. */
export function ImportMapping({ of }: { of: PeopleImport }) {
  const t = useT('people-import', 'common');
  const { map } = useImportDeeds(of.id);
  const [chosen, setChosen] = useState(() =>
    Object.fromEntries(of.columns.map((column) => [column.index, column.field as string])),
  );
  const [kind, setKind] = useState<string>(of.kind);
  const [from, setFrom] = useState(of.from);
  const taken = new Set(Object.values(chosen));
  return (
    <Card className="stack">
      <h2>{t('people-import:map.title')}</h2>
      <p className="xs">
        {t('people-import:map.text', {
          line: of.header_line,
          encoding: of.encoding || of.sheet,
        })}
      </p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          map.mutate({
            columns: of.columns.map(({ index }) => ({ index, field: chosen[index] ?? '' })),
            kind,
            from,
          });
        }}
      >
        <ul className={styles.columns}>
          {of.columns.map((column) => (
            <li key={column.index} className={styles.column}>
              <span className="xs num">{column.letter}</span>
              <span className={styles.samples}>
                <strong>{column.title || t('people-import:map.untitled')}</strong>
                <br />
                <span className="xs">{column.samples.join('、') || t('people-import:map.blank')}</span>
              </span>
              <SelectField
                label={t('people-import:map.field', { column: column.letter })}
                hideLabel
                value={chosen[column.index] ?? ''}
                onChange={({ target }) =>
                  setChosen((before) => ({ ...before, [column.index]: target.value }))
                }
              >
                <option value="">{t('people-import:map.leave')}</option>
                {fields.map((field) => (
                  <option
                    key={field}
                    value={field}
                    disabled={taken.has(field) && chosen[column.index] !== field}
                  >
                    {t(`people-import:field.${field}`)}
                  </option>
                ))}
              </SelectField>
            </li>
          ))}
        </ul>
        <div className={styles.options}>
          <SelectField
            label={t('people-import:map.kind')}
            hint={t('people-import:map.kindHint')}
            value={kind}
            onChange={({ target }) => setKind(target.value)}
          >
            <option value="">{t('people-import:map.kindNone')}</option>
            {personKinds.map((one) => (
              <option key={one} value={one}>
                {t(`common:kind.${one}`)}
              </option>
            ))}
          </SelectField>
          <FormField label={t('people-import:map.from')} hint={t('people-import:map.fromHint')}>
            <DatePicker value={from || undefined} clearable onChange={(next) => setFrom(next ?? '')} />
          </FormField>
        </div>
        <FormProblem error={map.error} />
        <div>
          <Button kind="primary" type="submit" busy={map.isPending}>
            {t('people-import:map.go')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
