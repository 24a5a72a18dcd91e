import { useQuery } from '@tanstack/react-query';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { Tabs } from '@/components/ui/tabs';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { itemsQuery } from './api';
import { ItemList } from './item-list';
import { TermList } from './term-list';

const tabs = ['terms', 'items'] as const;

/** Personal data, for who keeps the system: the terms, what went of late, and all that is held. */
export default function PrivacySettings() {
  const t = useT('privacy', 'rights');
  const [url, setUrl] = useUrlState();
  const current = tabs.find((key) => key === url.tab) ?? 'terms';
  const query = useQuery(itemsQuery);
  return (
    <>
      <PageHeader title={t('privacy:staffTitle')} detail={t('privacy:staffDetail')} />
      <div className="stack">
        <Tabs
          label={t('privacy:staffTitle')}
          current={current}
          onChange={(next) => setUrl({ tab: next === 'terms' ? undefined : next })}
          tabs={tabs.map((key) => ({ key, title: t(`privacy:tab.${key}`) }))}
        />
        <StateView query={query}>
          {({ items, rules }) =>
            current === 'terms' ? <TermList rules={rules} /> : <ItemList items={items} rules={rules} />
          }
        </StateView>
      </div>
    </>
  );
}
