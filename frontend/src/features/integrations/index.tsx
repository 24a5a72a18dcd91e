import { PageHeader } from '@/components/ui/page-header';
import { Tabs } from '@/components/ui/tabs';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { PushList } from './push-list';
import { TokenList } from './token-list';
import { WebhookList } from './webhook-list';

const tabs = ['tokens', 'pushes', 'webhooks'] as const;

/** Programs outside: the tokens by which they push, what they pushed, and whom to tell of changes. */
export default function Integrations() {
  const t = useT('integrations');
  const [url, setUrl] = useUrlState();
  const current = tabs.find((key) => key === url.tab) ?? 'tokens';
  return (
    <>
      <PageHeader title={t('integrations:title')} detail={t('integrations:detail')} />
      <div className="stack" style={{ maxWidth: current === 'pushes' ? undefined : '60rem' }}>
        <Tabs
          label={t('integrations:title')}
          current={current}
          onChange={(next) => setUrl({ tab: next === 'tokens' ? undefined : next })}
          tabs={tabs.map((key) => ({ key, title: t(`integrations:tab.${key}`) }))}
        />
        {current === 'tokens' && <TokenList />}
        {current === 'pushes' && <PushList />}
        {current === 'webhooks' && <WebhookList />}
      </div>
    </>
  );
}
