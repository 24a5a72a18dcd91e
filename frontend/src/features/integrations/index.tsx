import { PageHeader } from '@/components/ui/page-header';
import { Tabs } from '@/components/ui/tabs';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { PushList } from './push-list';
import { TokenList } from './token-list';

const tabs = ['tokens', 'pushes'] as const;

/** Programs outside: the tokens by which they push, and what they pushed. */
export default function Integrations() {
  const t = useT('integrations');
  const [url, setUrl] = useUrlState();
  const current = tabs.find((key) => key === url.tab) ?? 'tokens';
  return (
    <>
      <PageHeader title={t('integrations:title')} detail={t('integrations:detail')} />
      <div className="stack" style={{ maxWidth: current === 'tokens' ? '44rem' : undefined }}>
        <Tabs
          label={t('integrations:title')}
          current={current}
          onChange={(next) => setUrl({ tab: next === 'tokens' ? undefined : next })}
          tabs={tabs.map((key) => ({ key, title: t(`integrations:tab.${key}`) }))}
        />
        {current === 'tokens' && <TokenList />}
        {current === 'pushes' && <PushList />}
      </div>
    </>
  );
}
