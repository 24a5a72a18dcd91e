import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { ButtonLink } from '@/components/ui/button';
import { FormProblem } from '@/components/ui/form-problem';
import { useTitle } from '@/components/ui/page-header';
import { SkeletonLines } from '@/components/ui/state-view';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { useReturn } from './api/ways';
import { Door } from './components/door';
import { safeBack } from './components/use-back';

/** Back from an identity provider: what it gave goes to the server once and leaves the address bar. */
export default function CallbackPage() {
  const t = useT('session');
  const navigate = useNavigate();
  const { mutate, error } = useReturn();
  const sent = useRef(false);
  useTitle(t('session:ways.callback'));
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    const query = location.search.replace(/^\?/, '');
    history.replaceState(history.state, '', paths.signInCallback());
    mutate(query, {
      onSuccess: ({ return_to }) => void navigate({ href: safeBack(return_to), replace: true }),
    });
  }, [mutate, navigate]);
  return (
    <Door title={t(error ? 'session:ways.failed' : 'session:ways.callback')}>
      {error ? (
        <>
          <FormProblem error={error} />
          <ButtonLink to={paths.signIn()} kind="primary">
            {t('session:ways.again')}
          </ButtonLink>
        </>
      ) : (
        <SkeletonLines />
      )}
    </Door>
  );
}
