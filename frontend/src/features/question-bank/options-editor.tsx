import { sorted } from '@/lib/sorted';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/desk/form';
import { fieldText, isProblem } from '@/lib/problem';
import { useT } from '@/lib/t';
import type { Content } from './api/banks';
import styles from './question-bank.module.css';

interface OptionsEditorProps {
  content: Content;
  letters: string;
  error: unknown;
  onChange: (change: Partial<Content>) => void;
}

/** The options with the right ones ticked; a judgement has only right and wrong. */
export function OptionsEditor({ content, letters, error, onChange }: OptionsEditorProps) {
  const t = useT('question-bank');
  const { kind, key } = content;
  const options = content.options ?? [];
  const problemOf = (at: number) => (isProblem(error) ? error.field(`options[${at}].text`) : undefined);
  // What no single option shows: too few of them, none ticked.
  const rest = isProblem(error)
    ? error.fields.filter((field) => /^body\.(options|key)(?!.*\.text$)/.test(field.location)).map(fieldText)
    : [];
  const tick = (id: string) => {
    if (kind === 'single') return onChange({ key: [id] });
    return onChange({ key: key.includes(id) ? key.filter((one) => one !== id) : sorted([...key, id]) });
  };
  if (kind === 'judgement') {
    return (
      <fieldset className={styles.options}>
        <legend>{t('question-bank:field.key')}</legend>
        <div className="row">
          {(['true', 'false'] as const).map((value) => (
            <label key={value} className={styles.judgement}>
              <input
                type="radio"
                name="judgement"
                checked={key[0] === value}
                onChange={() => onChange({ key: [value] })}
              />
              {value === 'true' ? t('question-bank:right') : t('question-bank:wrong')}
            </label>
          ))}
        </div>
      </fieldset>
    );
  }
  return (
    <fieldset className={styles.options}>
      <legend>
        {kind === 'single'
          ? t('question-bank:field.optionsSingle')
          : t('question-bank:field.optionsMultiple')}
      </legend>
      {options.map((option, at) => {
        const id = option.id ?? letters[at] ?? '';
        return (
          <div key={id} className={styles.option}>
            <label className={styles.tick}>
              <input
                type={kind === 'single' ? 'radio' : 'checkbox'}
                name="key"
                checked={key.includes(id)}
                aria-label={t('question-bank:field.isRight', { id })}
                onChange={() => tick(id)}
              />
              <b>{id}</b>
            </label>
            <Input
              label={t('question-bank:field.option', { id })}
              value={option.text}
              maxLength={500}
              invalid={problemOf(at) !== undefined}
              onChange={(text) =>
                onChange({ options: options.map((one, index) => (index === at ? { ...one, text } : one)) })
              }
            />
            {options.length > 2 && at === options.length - 1 && (
              <Button
                small
                kind="quiet"
                onClick={() =>
                  onChange({ options: options.slice(0, -1), key: key.filter((one) => one !== id) })
                }
              >
                {t('question-bank:field.removeOption')}
              </Button>
            )}
            {problemOf(at) && (
              <div className={styles.optionProblem} role="alert">
                {problemOf(at)}
              </div>
            )}
          </div>
        );
      })}
      {options.length < letters.length && (
        <Button
          small
          onClick={() => onChange({ options: [...options, { id: letters[options.length] ?? '', text: '' }] })}
        >
          {t('question-bank:field.addOption')}
        </Button>
      )}
      {[...new Set(rest)].map((problem) => (
        <div key={problem} className={styles.problem} role="alert">
          {problem}
        </div>
      ))}
    </fieldset>
  );
}
