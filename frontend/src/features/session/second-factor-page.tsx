import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ProofForm } from '@/components/step-up/proof-form';
import { Button } from '@/components/ui/button';
import { useTitle } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { factorsQuery, useProve } from '@/lib/data/factors';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import { Door } from './components/door';
import { useBack } from './components/use-back';

/** The password was right; the second step is owed. */
export default function SecondFactorPage() {
  const t = useT('session', 'common');
  const query = useQuery(factorsQuery);
  const prove = useProve('second-factor');
  const signOut = useSignOut();
  const navigate = useNavigate();
  const back = useBack();
  useTitle(t('session:factor.title'));
  return (
    <Door title={t('session:factor.title')} detail={t('session:factor.detail')}>
      <StateView query={query} compact>
        {(factors) => (
          <ProofForm
            factors={factors}
            onProof={(proof) => prove.mutateAsync(proof).then(() => navigate({ href: back, replace: true }))}
            aside={
              <Button kind="quiet" onClick={() => signOut.mutate()}>
                {t('session:factor.other')}
              </Button>
            }
          />
        )}
      </StateView>
    </Door>
  );
}
