import { useNavigate } from '@tanstack/react-router';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { useTitle } from '@/components/ui/page-header';
import { toast } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { PasswordForm } from './components/password-form';
import styles from './sign-in.module.css';

/** Before the first use: the password someone else knows is replaced. Nothing else is open until then. */
export default function ForcedPasswordPage() {
  const t = useT('session', 'common');
  const navigate = useNavigate();
  const [search] = useUrlState();
  const signOut = useSignOut();
  useTitle(t('session:forced'));
  const back = search.return;
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <b>{t('common:product')}</b>
        </div>
        <Card className={styles.card}>
          <div>
            <h1>{t('session:forced')}</h1>
            <p className="s">{t('session:forcedHint')}</p>
          </div>
          <PasswordForm
            onDone={() => {
              toast(t('session:changed'));
              void navigate({ href: back && /^\/(?![/\\])/.test(back) ? back : paths.home(), replace: true });
            }}
          />
        </Card>
        <p className={styles.language}>
          <Button kind="quiet" small onClick={() => signOut.mutate()}>
            {t('common:account.signOut')}
          </Button>
        </p>
      </div>
    </main>
  );
}
