import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { PasswordField, TextField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { useTitle } from '@/components/ui/page-header';
import { setLanguage } from '@/lib/i18n';
import { language } from '@/lib/language';
import { passkeyCancelled, passkeysHere } from '@/lib/passkey';
import { isProblem } from '@/lib/problem';
import { useRoleName } from '@/lib/roles';
import { useSettings, type DemoAccount } from '@/lib/session';
import { useT } from '@/lib/t';
import { usePasskeySignIn, useSignIn } from './api/sign-in';
import { useDirectory } from './api/ways';
import { Door } from './components/door';
import { useBack } from './components/use-back';
import { Ways, type Way } from './components/ways';
import styles from './sign-in.module.css';

/** Number and password; says plainly what is wrong and how long to wait. */
export default function SignInPage() {
  const t = useT('session', 'common', 'ui', 'problem.network');
  const settings = useSettings();
  const nameOf = useRoleName();
  const [number, setNumber] = useState('');
  const [password, setPassword] = useState('');
  const [empty, setEmpty] = useState(false);
  const signIn = useSignIn();
  const byPasskey = usePasskeySignIn();
  const directory = useDirectory();
  const [way, setWay] = useState<Way>();
  const navigate = useNavigate();
  const back = useBack();
  const go = () => void navigate({ href: back, replace: true });
  const wait = useWait(way ? directory.error : signIn.error);
  useTitle(t('session:title'));

  function submit(event: FormEvent) {
    event.preventDefault();
    setEmpty(number.trim() === '' || password === '');
    if (number.trim() === '' || password === '' || wait > 0) return;
    if (way) directory.mutate({ id: way.id, name: number.trim(), password }, { onSuccess: go });
    else signIn.mutate({ number: number.trim(), password }, { onSuccess: go });
  }
  const ways = settings?.connections ?? [];
  const passkeys = passkeysHere(settings?.passkey_host);
  function fill(account: DemoAccount) {
    setNumber(account.number);
    setPassword(account.password);
    signIn.mutate({ number: account.number, password: account.password }, { onSuccess: go });
  }

  return (
    <Door
      title={way ? t('session:ways.ldap', { name: way.name }) : t('session:title')}
      below={
        <>
          {settings && settings.demo_accounts.length > 0 && (
            <Card className={styles.demo}>
              <h2>{t('session:demo')}</h2>
              <p className="s">{t('session:demoHint')}</p>
              <ul>
                {settings.demo_accounts.map((account) => (
                  <li key={account.number}>
                    <button type="button" onClick={() => fill(account)} disabled={signIn.isPending}>
                      <span className="s">{nameOf(account.role)}</span>
                      <span>{account.name.split(/\s/).at(-1)}</span>
                      <span className="xs">{account.number}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </Card>
          )}
          <LanguageSwitch />
        </>
      }
    >
      <form onSubmit={submit} className="stack" noValidate>
        <TextField
          label={t(way ? 'session:ways.name' : 'session:number')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={number}
          error={empty && number.trim() === '' ? t('session:numberMissing') : undefined}
          onChange={(event) => setNumber(event.target.value)}
        />
        <PasswordField
          label={t('session:password')}
          name="password"
          autoComplete="current-password"
          value={password}
          error={empty && password === '' ? t('session:passwordMissing') : undefined}
          onChange={(event) => setPassword(event.target.value)}
        />
        <FormProblem error={way ? directory.error : signIn.error} />
        <Button
          type="submit"
          kind="primary"
          block
          busy={signIn.isPending || directory.isPending}
          disabled={wait > 0}
        >
          {wait > 0 ? t('session:wait', { time: waitText(wait) }) : t('session:signIn')}
        </Button>
      </form>
      {way ? (
        <Button kind="quiet" onClick={() => setWay(undefined)}>
          {t('session:ways.back')}
        </Button>
      ) : (
        (passkeys || ways.length > 0) && (
          <>
            <p className={styles.or}>{t('session:or')}</p>
            {ways.length > 0 && <Ways ways={ways} back={back} onDirectory={setWay} />}
            {passkeys && (
              <Button
                block
                busy={byPasskey.isPending}
                onClick={() => byPasskey.mutate(undefined, { onSuccess: go })}
              >
                {t('session:passkey')}
              </Button>
            )}
            {!passkeyCancelled(byPasskey.error) && <FormProblem error={byPasskey.error} />}
          </>
        )
      )}
      {!way && <p className="xs">{t('session:forgotten')}</p>}
    </Door>
  );
}

function LanguageSwitch() {
  return (
    <p className={styles.language}>
      {language() === 'zh-CN' ? (
        <button type="button" lang="en" onClick={() => void setLanguage('en')}>
          English
        </button>
      ) : (
        <button type="button" lang="zh-CN" onClick={() => void setLanguage('zh-CN')}>
          中文
        </button>
      )}
    </p>
  );
}

/** Seconds left of the server's throttle. */
function useWait(error: unknown): number {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (!isProblem(error, 'session.throttled')) return;
    const seconds = Number(error.params.seconds ?? error.retryAfterS ?? 0);
    const start = Date.now();
    setNow(start);
    setUntil(start + seconds * 1000);
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [error]);
  return Math.max(0, Math.ceil((until - now) / 1000));
}

function waitText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
