import { SecretDialog } from '@/components/ui/secret-dialog';
import { Notice } from '@/components/ui/state-view';
import { useT } from '@/lib/t';
import styles from '../sign-in.module.css';

/** Recovery codes, shown this once. */
export function RecoveryDialog({ codes, onClose }: { codes: string[] | undefined; onClose: () => void }) {
  const t = useT('security');
  return (
    <SecretDialog title={t('security:recovery.shown')} secret={codes?.join('\n')} onClose={onClose}>
      <div className="stack">
        <Notice tone="warn" icon="alert">
          {t('security:recovery.shownText')}
        </Notice>
        <div className={styles.codes}>
          {codes?.map((code) => (
            <code key={code}>{code}</code>
          ))}
        </div>
      </div>
    </SecretDialog>
  );
}
