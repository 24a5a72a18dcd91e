import { useNavigate } from '@tanstack/react-router';
import { Card } from '@/components/ui/card';
import { PageHeader } from '@/components/ui/page-header';
import { toast } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { PasswordForm } from './components/password-form';

/** Change the password by one's own wish. */
export default function PasswordPage() {
  const t = useT('session');
  const navigate = useNavigate();
  return (
    <div style={{ maxWidth: '28rem' }}>
      <PageHeader title={t('session:change')} detail={t('session:changeHint')} back={paths.me()} />
      <Card>
        <PasswordForm
          onDone={() => {
            toast(t('session:changed'));
            void navigate({ to: paths.me() });
          }}
        />
      </Card>
    </div>
  );
}
