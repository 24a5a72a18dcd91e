import { useQuery } from '@tanstack/react-query';
import { PageHeader } from '@/components/ui/page-header';
import { Notice } from '@/components/ui/state-view';
import { factorsQuery } from '@/lib/data/factors';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { FactorList } from './components/factor-list';
import { LinkList } from './components/link-list';

/** My second step: authenticator, passkeys, recovery codes. */
export default function SecurityPage() {
  const t = useT('security');
  const { data } = useQuery(factorsQuery);
  const open = data?.asked && !data.totp && data.passkeys.length === 0;
  return (
    <div style={{ maxWidth: '44rem' }}>
      <PageHeader title={t('security:title')} detail={t('security:detail')} back={paths.me()} />
      <div className="stack">
        {open && (
          <Notice tone="warn" icon="alert">
            {data.required_from ? t('security:askedFrom', { date: data.required_from }) : t('security:asked')}
          </Notice>
        )}
        <FactorList />
        <LinkList />
      </div>
    </div>
  );
}
