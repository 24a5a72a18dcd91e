import { Icon } from '@/components/ui/icon';
import { useOnline } from '@/lib/online';
import { useT } from '@/lib/t';
import { clockSeconds } from '@/lib/time';
import type { AnswerStatus, AnswerView } from '../engine/merge';
import type { Connection } from '../engine/sender';
import styles from './save-badge.module.css';

type Shown = 'empty' | 'saving' | Exclude<AnswerStatus, 'writing'>;

/** Where this answer is. "Saved" stands here only after the server has said so. */
export function SaveBadge({ view, connection }: { view: AnswerView | undefined; connection: Connection }) {
  const t = useT('exam-taking');
  const online = useOnline();
  const shown = shownStatus(view, online && connection === 'ok');
  const time = view?.saved_at ? ` · ${clockSeconds(view.saved_at)}` : '';
  return (
    <p className={`s ${styles.badge}`} role="status" data-testid="save-badge" data-status={shown}>
      <i className={`${styles.dot} ${styles[shown]}`} aria-hidden="true" />
      <span>
        {t(`exam-taking:badge.${shown}`)}
        {shown === 'saved' && <span className="num">{time}</span>}
        {(shown === 'local' || shown === 'unkept' || shown === 'sealed' || shown === 'refused') && (
          <span className={styles.meaning}>
            {shown !== 'local' && <Icon name="alert" size={14} />} {t(`exam-taking:badge.${shown}Hint`)}
          </span>
        )}
      </span>
    </p>
  );
}

function shownStatus(view: AnswerView | undefined, connected: boolean): Shown {
  if (!view) return 'empty';
  if (view.status === 'writing') return 'saving';
  if (view.status === 'local' && connected) return 'saving';
  if (view.status === 'saved' && view.value.length === 0) return 'empty';
  return view.status;
}
