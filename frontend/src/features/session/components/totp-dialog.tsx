import { useEffect, useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { SkeletonLines } from '@/components/ui/state-view';
import { useFactorDeeds } from '@/lib/data/factors';
import { useT } from '@/lib/t';
import styles from '../sign-in.module.css';

interface TotpDialogProps {
  open: boolean;
  onClose: () => void;
  onDone: (recoveryCodes: string[]) => void;
}

/** The secret as a picture and as text, and one code of it as proof that it arrived. */
export function TotpDialog({ open, onClose, onDone }: TotpDialogProps) {
  const t = useT('security', 'ui');
  const { beginTotp, confirmTotp } = useFactorDeeds();
  const [code, setCode] = useState('');
  const begin = beginTotp.mutate;
  useEffect(() => {
    if (!open) return;
    setCode('');
    begin(undefined, { onError: onClose });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each time it opens
  }, [open]);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (code.trim() === '') return;
    confirmTotp.mutate(code.trim(), { onSuccess: (reply) => onDone(reply.recovery_codes) });
  }
  const secret = beginTotp.data;
  return (
    <Dialog open={open && !beginTotp.isError} title={t('security:totp.title')} onClose={onClose}>
      {!secret || beginTotp.isPending ? (
        <SkeletonLines />
      ) : (
        <form onSubmit={submit} className="stack" noValidate>
          <p className="s">{t('security:totp.scan')}</p>
          <img className={styles.qr} src={`data:image/png;base64,${secret.qr}`} alt="" />
          <div>
            <span className="xs">{t('security:totp.secret')}</span>
            <code style={{ display: 'block', wordBreak: 'break-all', userSelect: 'all' }}>
              {secret.secret}
            </code>
          </div>
          <TextField
            label={t('security:totp.code')}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={7}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <FormProblem error={confirmTotp.error} />
          <div className="row wrap">
            <Button type="submit" kind="primary" busy={confirmTotp.isPending}>
              {t('security:totp.confirm')}
            </Button>
            <a className="s" href={secret.url}>
              {t('security:totp.open')}
            </a>
          </div>
        </form>
      )}
    </Dialog>
  );
}
