import { Empty } from '@/components/ui/state-view';
import { useT } from '@/lib/t';

/** Stands in for a page while it is being written. */
export default function Building() {
  const t = useT('common');
  return <Empty title={t('common:building')} />;
}
