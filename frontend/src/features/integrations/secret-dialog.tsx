import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';

/** A secret the only time it is shown. */
export function SecretDialog({
  title,
  secret,
  text,
  onClose,
}: {
  title: string;
  secret: string | undefined;
  text: string;
  onClose: () => void;
}) {
  const t = useT('integrations');
  return (
    <Dialog
      open={secret !== undefined}
      title={title}
      onClose={onClose}
      locked
      footer={
        <>
          {/* On a plain http address browsers give no clipboard; the secret can be selected by hand. */}
          {'clipboard' in navigator && (
            <Button
              onClick={() =>
                void navigator.clipboard
                  .writeText(secret ?? '')
                  .then(() => toast(t('integrations:secret.copied')))
              }
            >
              {t('integrations:secret.copy')}
            </Button>
          )}
          <Button kind="primary" onClick={onClose}>
            {t('integrations:secret.kept')}
          </Button>
        </>
      }
    >
      <div className="stack">
        <div>{text}</div>
        <code style={{ display: 'block', wordBreak: 'break-all', userSelect: 'all' }}>{secret}</code>
      </div>
    </Dialog>
  );
}
