import { useQuery } from '@tanstack/react-query';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { useT } from '@/lib/t';
import { policyQuery } from './api/policy';
import { PolicyForm } from './policy-form';

/** How people sign in: the policy. */
export default function SignInSettings() {
  const t = useT('sign-in-settings');
  const query = useQuery(policyQuery);
  return (
    <>
      <PageHeader title={t('sign-in-settings:title')} detail={t('sign-in-settings:detail')} />
      <div style={{ maxWidth: '44rem' }}>
        <StateView query={query}>
          {({ policy, asvs, graded }) => <PolicyForm start={policy} profiles={{ asvs, graded }} />}
        </StateView>
      </div>
    </>
  );
}
