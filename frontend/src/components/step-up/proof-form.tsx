import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { PasswordField, TextField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { Notice } from '@/components/ui/state-view';
import { passkeyProof, type Factors, type Proof } from '@/lib/data/factors';
import { passkeyCancelled, passkeysHere } from '@/lib/passkey';
import { useSettings } from '@/lib/session';
import { useT } from '@/lib/t';

type Way = 'password' | 'code' | 'recovery' | 'passkey';

interface ProofFormProps {
  factors: Factors;
  /** The password is a proof too, where no second factor is set up. */
  passwordToo?: boolean;
  onProof: (proof: Proof) => Promise<unknown>;
  /** Beside the button, as 取消. */
  aside?: ReactNode;
}

/** One proof of who one is: by passkey, by a code of the authenticator, by a recovery code, or by the password. */
export function ProofForm({ factors, passwordToo = false, onProof, aside }: ProofFormProps) {
  const t = useT('step-up');
  const settings = useSettings();
  const ways: Way[] = [];
  if (factors.passkeys.length > 0 && passkeysHere(settings?.passkey_host)) ways.push('passkey');
  if (factors.totp) ways.push('code');
  if (factors.recovery_left > 0 && (factors.totp || factors.passkeys.length > 0)) ways.push('recovery');
  if (ways.length === 0 && passwordToo && factors.password) ways.push('password');
  const [chosen, setChosen] = useState<Way>();
  const [value, setValue] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const way = chosen ?? ways[0];

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!way || busy || (way !== 'passkey' && value.trim() === '')) return;
    setBusy(true);
    setError(undefined);
    try {
      await onProof(
        way === 'passkey' ? await passkeyProof() : { [way]: way === 'password' ? value : value.trim() },
      );
    } catch (problem) {
      if (!passkeyCancelled(problem)) setError(problem);
      setValue('');
    } finally {
      setBusy(false);
    }
  }
  if (!way) return <Notice tone="warn">{t('step-up:none')}</Notice>;
  const field = {
    value,
    autoFocus: true,
    onChange: (event: { target: { value: string } }) => setValue(event.target.value),
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="stack" noValidate>
      {way === 'password' && (
        <PasswordField label={t('step-up:password')} autoComplete="current-password" {...field} />
      )}
      {way === 'code' && (
        <TextField
          label={t('step-up:code')}
          hint={t('step-up:codeHint')}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          {...field}
        />
      )}
      {way === 'recovery' && (
        <TextField
          label={t('step-up:recovery')}
          hint={t('step-up:recoveryHint', { count: factors.recovery_left })}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...field}
        />
      )}
      {way === 'passkey' && <p className="s">{t('step-up:passkeyHint')}</p>}
      <FormProblem error={error} />
      <div className="row wrap">
        <Button type="submit" kind="primary" busy={busy}>
          {t(way === 'passkey' ? 'step-up:usePasskey' : 'step-up:confirm')}
        </Button>
        {aside}
      </div>
      {ways.length > 1 && (
        <div className="row wrap" style={{ marginInlineStart: -14 }}>
          {ways
            .filter((one) => one !== way)
            .map((one) => (
              <Button
                key={one}
                small
                kind="quiet"
                onClick={() => {
                  setChosen(one);
                  setValue('');
                  setError(undefined);
                }}
              >
                {t(`step-up:other.${one}`)}
              </Button>
            ))}
        </div>
      )}
    </form>
  );
}
