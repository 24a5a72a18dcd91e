import { useId } from 'react';
import { Button } from '@/components/ui/button';
import { Tag } from '@/components/ui/tag';
import { formatPoints } from '@/lib/hours';
import { useT } from '@/lib/t';
import type { Connection } from '../engine/sender';
import { letter, type SheetEntry } from '../sheet';
import { SaveBadge } from './save-badge';
import styles from './question-view.module.css';

interface QuestionViewProps {
  entry: SheetEntry;
  count: number;
  connection: Connection;
  locked: boolean;
  onToggle: (optionId: string) => void;
  onClear: () => void;
  onFlag: () => void;
  /** All questions on one page: each carries its own mark button. */
  inList?: boolean;
}

/** One question with its options and where its answer is. */
export function QuestionView(props: QuestionViewProps) {
  const { entry, count, connection, locked, onToggle, onClear, onFlag, inList } = props;
  const { item, number, value, flagged } = entry;
  const t = useT('exam-taking');
  const id = useId();
  const many = item.kind === 'multiple';
  return (
    <article
      className={`${styles.question} ${inList ? styles.inList : ''}`}
      aria-labelledby={`${id}-stem`}
      id={`question-${number}`}
      data-testid="question"
      data-item={item.id}
      data-kind={item.kind}
      tabIndex={-1}
    >
      <div className="row between">
        <span className="row" style={{ gap: 8 }}>
          <Tag>
            {t(`exam-taking:kind.${item.kind}`)} ·{' '}
            {t('exam-taking:points', { points: formatPoints(item.points_milli) })}
          </Tag>
          {flagged && <Tag tone="warn">{t('exam-taking:flagged')}</Tag>}
        </span>
        <span className="s num">
          {number} / {count}
        </span>
      </div>
      <h2 id={`${id}-stem`} className={styles.stem}>
        {item.stem}
      </h2>
      <div
        role={many ? 'group' : 'radiogroup'}
        aria-labelledby={`${id}-stem`}
        aria-describedby={many ? `${id}-hint` : undefined}
        className={styles.options}
      >
        {item.options.map((option, index) => {
          const on = value.includes(option.id);
          return (
            <label
              key={option.id}
              className={`${styles.option} ${on ? styles.on : ''} ${locked ? styles.locked : ''}`}
              data-testid="option"
              data-option={option.id}
              data-letter={letter(index)}
              data-checked={on}
            >
              <input
                type={many ? 'checkbox' : 'radio'}
                name={`${id}-answer`}
                checked={on}
                disabled={locked}
                onChange={() => onToggle(option.id)}
              />
              <span className={`${styles.key} ${many ? styles.square : ''}`}>{letter(index)}</span>
              <span className={styles.text}>{option.text}</span>
            </label>
          );
        })}
      </div>
      {many && (
        <p id={`${id}-hint`} className={`xs ${styles.hint}`}>
          {t('exam-taking:manyHint')}
        </p>
      )}
      <div className={styles.under}>
        <SaveBadge view={entry.view} connection={connection} />
        <div className={styles.tools}>
          {inList && (
            <Button small kind="quiet" aria-pressed={flagged} onClick={onFlag}>
              {flagged ? t('exam-taking:unflag') : t('exam-taking:flag')}
            </Button>
          )}
          {value.length > 0 && !locked && (
            <Button small kind="quiet" onClick={onClear} data-testid="clear">
              {t('exam-taking:clear')}
            </Button>
          )}
        </div>
      </div>
    </article>
  );
}
