import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/state-view';
import { useOnline } from '@/lib/online';
import { useT } from '@/lib/t';
import type { Sitting } from '../engine/sitting';
import type { SittingSnapshot } from '../engine/state';
import type { SheetEntry } from '../sheet';
import styles from './submit-dialog.module.css';

interface SubmitDialogProps {
  open: boolean;
  entries: SheetEntry[];
  snapshot: SittingSnapshot;
  sitting: Sitting;
  onGo: (number: number) => void;
  onClose: () => void;
}

/** Before submitting: what is not answered, what is marked, what is not on the server yet. */
export function SubmitDialog({ open, entries, snapshot, sitting, onGo, onClose }: SubmitDialogProps) {
  const t = useT('exam-taking', 'ui');
  const { phase, pending, connection } = snapshot;
  const waiting = phase === 'draining';
  const busy = waiting || phase === 'submitting';
  const connected = useOnline() && connection === 'ok';
  const empty = entries.filter((entry) => !entry.answered);
  const flagged = entries.filter((entry) => entry.flagged);

  function close() {
    sitting.cancelSubmit();
    onClose();
  }
  return (
    <Dialog
      open={open || busy}
      title={busy ? t('exam-taking:submit.under') : t('exam-taking:submit.title')}
      onClose={close}
      locked={phase === 'submitting'}
      footer={
        <>
          <Button onClick={close} disabled={phase === 'submitting'} data-testid="submit-back">
            {t('exam-taking:submit.back')}
          </Button>
          <Button kind="primary" busy={busy} onClick={() => sitting.submit()} data-testid="submit-confirm">
            {waiting && !connected ? t('exam-taking:submit.waiting') : t('exam-taking:submit.verb')}
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>
          {empty.length === 0
            ? t('exam-taking:submit.all', { count: entries.length })
            : t('exam-taking:submit.some', { done: entries.length - empty.length, count: empty.length })}
        </p>
        <Numbers title={t('exam-taking:submit.empty')} entries={empty} onGo={onGo} id="unanswered" />
        <Numbers title={t('exam-taking:submit.flagged')} entries={flagged} onGo={onGo} id="flagged" />
        {pending > 0 && (
          <Notice tone="warn" icon="offline" role="status">
            <span data-testid="submit-unsynced">
              {connected
                ? t('exam-taking:submit.pending', { count: pending })
                : t('exam-taking:submit.pendingOffline', { count: pending })}
            </span>
          </Notice>
        )}
        {snapshot.refused > 0 && (
          <Notice tone="accent" icon="alert">
            {t('exam-taking:submit.refused', { count: snapshot.refused })}
          </Notice>
        )}
        {!busy && <p className="s">{t('exam-taking:submit.final')}</p>}
      </div>
    </Dialog>
  );
}

interface NumbersProps {
  title: string;
  entries: SheetEntry[];
  onGo: (number: number) => void;
  id: string;
}

function Numbers({ title, entries, onGo, id }: NumbersProps) {
  const t = useT('exam-taking');
  if (entries.length === 0) return null;
  return (
    <div data-testid={`submit-${id}`}>
      <div className="s">{title}</div>
      <ul className={styles.numbers}>
        {entries.map((entry) => (
          <li key={entry.item.id}>
            <button
              type="button"
              aria-label={t('exam-taking:submit.go', { number: entry.number })}
              onClick={() => onGo(entry.number)}
            >
              {entry.number}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
