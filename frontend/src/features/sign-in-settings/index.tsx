import { useQuery } from '@tanstack/react-query';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { Tabs } from '@/components/ui/tabs';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { policyQuery } from './api/policy';
import { BreakGlassList } from './break-glass-list';
import { ConflictList } from './conflict-list';
import { ConnectionList } from './connection-list';
import { PolicyForm } from './policy-form';

const tabs = ['policy', 'connections', 'conflicts', 'glass'] as const;

/** How people sign in: the policy, the identity providers, and who could not be let in. */
export default function SignInSettings() {
  const t = useT('sign-in-settings');
  const [url, setUrl] = useUrlState();
  const current = tabs.find((key) => key === url.tab) ?? 'policy';
  return (
    <>
      <PageHeader title={t('sign-in-settings:title')} detail={t('sign-in-settings:detail')} />
      <div className="stack" style={{ maxWidth: '44rem' }}>
        <Tabs
          label={t('sign-in-settings:title')}
          current={current}
          onChange={(next) => setUrl({ tab: next === 'policy' ? undefined : next })}
          tabs={tabs.map((key) => ({ key, title: t(`sign-in-settings:tab.${key}`) }))}
        />
        {current === 'policy' && <Policy />}
        {current === 'connections' && <ConnectionList />}
        {current === 'conflicts' && <ConflictList />}
        {current === 'glass' && <BreakGlassList />}
      </div>
    </>
  );
}

function Policy() {
  const query = useQuery(policyQuery);
  return (
    <StateView query={query}>
      {({ policy, asvs, graded }) => <PolicyForm start={policy} profiles={{ asvs, graded }} />}
    </StateView>
  );
}
