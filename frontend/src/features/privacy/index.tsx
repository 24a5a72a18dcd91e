import { useQuery } from '@tanstack/react-query';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { itemsQuery } from './api';
import { ItemList } from './item-list';
import { MyErasure } from './my-erasure';

/** 个人信息与保存期限: for everyone to read. */
export default function PrivacyPage() {
  const t = useT('privacy', 'rights');
  const query = useQuery(itemsQuery);
  return (
    <>
      <PageHeader title={t('privacy:title')} detail={t('privacy:detail')} back={paths.myData()} />
      <StateView query={query}>
        {({ items, rules }) => (
          <>
            <ItemList items={items} rules={rules} />
            <MyErasure />
          </>
        )}
      </StateView>
    </>
  );
}
