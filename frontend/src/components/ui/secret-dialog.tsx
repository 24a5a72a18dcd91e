import type { ReactNode } from 'react';
import { Button } from './button';
import { Dialog } from './dialog';
import { toast } from './toast';
import { useT } from '@/lib/t';

interface SecretDialogProps {
  title: string;
  /** What the copy button takes; the dialog is open while there is one. */
  secret: string | undefined;
  onClose: () => void;
  /** What the secret is for, and the secret itself where it can be selected by hand. */
  children: ReactNode;
}

/** What is shown once and never again: it closes only by the word that it is kept. */
export function SecretDialog({ title, secret, onClose, children }: SecretDialogProps) {
  const t = useT('ui');
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
                void navigator.clipboard.writeText(secret ?? '').then(() => toast(t('ui:secret.copied')))
              }
            >
              {t('ui:secret.copy')}
            </Button>
          )}
          <Button kind="primary" onClick={onClose}>
            {t('ui:secret.kept')}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
