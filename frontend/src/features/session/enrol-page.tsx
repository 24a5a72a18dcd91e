import { useNavigate } from '@tanstack/react-router';
import { Button } from '@/components/ui/button';
import { useTitle } from '@/components/ui/page-header';
import { useSession } from '@/lib/session';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import { Door } from './components/door';
import { FactorList } from './components/factor-list';
import { useBack } from './components/use-back';
import styles from './sign-in.module.css';

/** A role that reads others' data needs a second step; nothing else is open until one is set up. */
export default function EnrolPage() {
  const t = useT('session');
  const signOut = useSignOut();
  const navigate = useNavigate();
  const back = useBack();
  const session = useSession();
  useTitle(t('session:enrol.title'));
  return (
    <Door
      title={t('session:enrol.title')}
      detail={t('session:enrol.detail')}
      below={
        <p className={styles.language}>
          <Button kind="quiet" small onClick={() => signOut.mutate()}>
            {t('session:enrol.later')}
          </Button>
        </p>
      }
    >
      <FactorList
        first
        onEnrolled={() => {
          if (session.must_enrol) void navigate({ href: back, replace: true });
        }}
      />
    </Door>
  );
}
