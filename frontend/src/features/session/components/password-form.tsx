import { useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { PasswordField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { useT } from '@/lib/t';
import { useChangePassword } from '../api/change-password';

/** The current password, unless a one-time code opened the session, and the next one twice. */
export function PasswordForm({ onDone, byCode = false }: { onDone: () => void; byCode?: boolean }) {
  const t = useT('session', 'ui');
  const change = useChangePassword();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const differs = tried && next !== again;

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if ((current === '' && !byCode) || next === '' || next !== again) return;
    change.mutate(byCode ? { next } : { current, next }, { onSuccess: onDone });
  }
  return (
    <form onSubmit={submit} className="stack" noValidate>
      {!byCode && (
        <PasswordField
          label={t('session:current')}
          autoComplete="current-password"
          value={current}
          error={tried && current === '' ? t('session:passwordMissing') : undefined}
          onChange={(event) => setCurrent(event.target.value)}
        />
      )}
      <PasswordField
        label={t('session:next')}
        hint={t('session:nextHint')}
        autoComplete="new-password"
        value={next}
        error={tried && next === '' ? t('session:passwordMissing') : undefined}
        onChange={(event) => setNext(event.target.value)}
      />
      <PasswordField
        label={t('session:again')}
        autoComplete="new-password"
        value={again}
        error={differs ? t('session:differs') : undefined}
        onChange={(event) => setAgain(event.target.value)}
      />
      <FormProblem error={change.error} />
      <Button type="submit" kind="primary" block busy={change.isPending}>
        {t('session:change')}
      </Button>
    </form>
  );
}
