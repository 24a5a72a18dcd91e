import { useState, type ReactNode } from 'react';
import { Button } from './button';
import { Dialog } from './dialog';
import { TextAreaField } from './field';
import { FormProblem } from './form-problem';
import { useT } from '@/lib/t';

interface ConfirmWithReasonProps {
  open: boolean;
  title: ReactNode;
  /** What will happen, to how many: the preview of the deed. */
  children: ReactNode;
  /** The verb on the button, as 撤销发布. */
  verb: string;
  /** Asks for a reason that goes into the audit log. */
  withReason?: boolean;
  minLength?: number;
  /** Something above is still to be chosen. */
  blocked?: boolean;
  /** Ends well or throws; the dialog shows the problem and stays. */
  onConfirm: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Before what cannot simply be undone: preview, reason, and a button that names the deed. */
export function ConfirmWithReason(props: ConfirmWithReasonProps) {
  const {
    open,
    title,
    children,
    verb,
    withReason = false,
    minLength = 4,
    blocked = false,
    onConfirm,
    onClose,
  } = props;
  const t = useT('ui');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const missing = blocked || (withReason && reason.trim().length < minLength);

  function close() {
    setReason('');
    setError(undefined);
    onClose();
  }
  async function confirm() {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm(reason.trim());
      close();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Dialog
      open={open}
      title={title}
      onClose={close}
      locked={busy}
      footer={
        <>
          <Button onClick={close} disabled={busy}>
            {t('ui:cancel')}
          </Button>
          <Button kind="primary" busy={busy} disabled={missing} onClick={() => void confirm()}>
            {verb}
          </Button>
        </>
      }
    >
      <div className="stack">
        <div>{children}</div>
        {withReason && (
          <TextAreaField
            label={t('ui:confirm.reason')}
            hint={t('ui:confirm.reasonHint', { count: minLength })}
            value={reason}
            rows={3}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
        <FormProblem error={error} />
      </div>
    </Dialog>
  );
}
