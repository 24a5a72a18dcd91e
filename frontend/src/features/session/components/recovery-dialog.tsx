import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import styles from '../sign-in.module.css';

/** Recovery codes, shown this once. */
export function RecoveryDialog({ codes, onClose }: { codes: string[] | undefined; onClose: () => void }) {
  const t = useT('security');
  const text = (codes ?? []).join('\n');
  return (
    <Dialog
      open={codes !== undefined}
      title={t('security:recovery.shown')}
      onClose={onClose}
      locked
      footer={
        <>
          {/* On a plain http address browsers give no clipboard; the codes can be selected by hand. */}
          {'clipboard' in navigator && (
            <Button
              onClick={() =>
                void navigator.clipboard.writeText(text).then(() => toast(t('security:recovery.copied')))
              }
            >
              {t('security:recovery.copy')}
            </Button>
          )}
          <Button kind="primary" onClick={onClose}>
            {t('security:recovery.saved')}
          </Button>
        </>
      }
    >
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
    </Dialog>
  );
}
