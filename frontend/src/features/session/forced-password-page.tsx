import { useNavigate } from '@tanstack/react-router';
import { Button } from '@/components/ui/button';
import { useTitle } from '@/components/ui/page-header';
import { toast } from '@/components/ui/toast';
import { useSession } from '@/lib/session';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import { Door } from './components/door';
import { PasswordForm } from './components/password-form';
import { useBack } from './components/use-back';
import styles from './sign-in.module.css';

/** Before the first use: the password someone else knows is replaced. Nothing else is open until then. */
export default function ForcedPasswordPage() {
  const t = useT('session', 'common');
  const navigate = useNavigate();
  const session = useSession();
  const byCode = session.method === 'code' && session.must_change_password;
  const signOut = useSignOut();
  const back = useBack();
  useTitle(t('session:forced'));
  return (
    <Door
      title={t('session:forced')}
      detail={t(byCode ? 'session:forcedCode' : 'session:forcedHint')}
      below={
        <p className={styles.language}>
          <Button kind="quiet" small onClick={() => signOut.mutate()}>
            {t('common:account.signOut')}
          </Button>
        </p>
      }
    >
      <PasswordForm
        byCode={byCode}
        onDone={() => {
          toast(t('session:changed'));
          void navigate({ href: back, replace: true });
        }}
      />
    </Door>
  );
}
