import { Segmented } from '@/components/ui/tabs';
import { useT } from '@/lib/t';
import type { SheetEntry } from '../sheet';
import type { Layout } from '../use-flags';
import styles from './answer-card.module.css';

interface AnswerCardProps {
  entries: SheetEntry[];
  current: number;
  layout: Layout;
  onLayout: (layout: Layout) => void;
  onGo: (number: number) => void;
}

/** All questions at a glance: answered, not answered, marked, only on this device. */
export function AnswerCard({ entries, current, layout, onLayout, onGo }: AnswerCardProps) {
  const t = useT('exam-taking');
  const answered = entries.filter((entry) => entry.answered).length;
  return (
    <div data-testid="answer-card">
      <p className="s">{t('exam-taking:card.done', { done: answered, all: entries.length })}</p>
      <ul className={styles.legend}>
        <li>
          <i className={styles.answered} />
          {t('exam-taking:card.answered')}
        </li>
        <li>
          <i />
          {t('exam-taking:card.empty')}
        </li>
        <li>
          <i className={styles.flagged} />
          {t('exam-taking:card.flagged')}
        </li>
        <li>
          <i className={styles.unsent} />
          {t('exam-taking:card.local')}
        </li>
      </ul>
      <ol className={styles.grid}>
        {entries.map((entry) => (
          <li key={entry.item.id}>
            <button
              type="button"
              className={[
                styles.cell,
                entry.answered && styles.answered,
                entry.flagged && styles.flagged,
                entry.unsent && styles.unsent,
                entry.number === current && styles.current,
              ]
                .filter(Boolean)
                .join(' ')}
              aria-current={entry.number === current ? 'true' : undefined}
              aria-label={label(entry, t)}
              onClick={() => onGo(entry.number)}
              data-testid="card-cell"
            >
              {entry.number}
            </button>
          </li>
        ))}
      </ol>
      <Segmented
        label={t('exam-taking:layout.label')}
        current={layout}
        onChange={onLayout}
        options={[
          { key: 'single', title: t('exam-taking:layout.single') },
          { key: 'all', title: t('exam-taking:layout.all') },
        ]}
      />
    </div>
  );
}

function label(entry: SheetEntry, t: ReturnType<typeof useT>): string {
  return [
    t('exam-taking:card.number', { number: entry.number }),
    entry.answered ? t('exam-taking:card.answered') : t('exam-taking:card.empty'),
    entry.flagged && t('exam-taking:card.flagged'),
    entry.unsent && t('exam-taking:card.local'),
  ]
    .filter(Boolean)
    .join(t('exam-taking:card.comma'));
}
