import { AppLink } from '@/components/ui/app-link';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { Tag } from '@/components/ui/tag';
import { useSayCrumb } from '@/lib/crumb';
import { http, withQuery, type Page } from '@/lib/http';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { privacyKeys } from './api';
import type { Erasure } from './erasure-api';

/** Requests to have somebody's data erased, by himself or by staff, for another one to decide. */
export default function Erasures() {
  const t = useT('privacy', 'rights');
  useSayCrumb(t('privacy:erasure.list'));
  const columns: Column<Erasure>[] = [
    {
      key: 'who',
      title: t('privacy:erasure.who'),
      always: true,
      render: (one) => (
        <div>
          <AppLink to={paths.staffErasure(one.person_id)}>{one.name}</AppLink>
          <div className="xs num">{one.number}</div>
        </div>
      ),
    },
    {
      key: 'state',
      title: t('privacy:run.state'),
      render: (one) => (
        <Tag tone={one.state === 'requested' ? 'accent' : 'plain'}>
          {t(`privacy:erasure.state.${one.state}`)}
        </Tag>
      ),
    },
    {
      key: 'by',
      title: t('privacy:erasure.by'),
      render: (one) => (one.own ? t('privacy:erasure.himself') : one.requester_name),
    },
    { key: 'reason', title: t('privacy:erasure.reason'), wrap: '24ch', render: (one) => one.reason },
    { key: 'at', title: t('privacy:erasure.at'), render: (one) => stamp(one.requested_at) },
    { key: 'decider', title: t('privacy:erasure.decider'), render: (one) => one.decider_name || '—' },
  ];
  return (
    <>
      <PageHeader
        title={t('privacy:erasure.list')}
        detail={t('privacy:erasure.listDetail')}
        back={paths.staffPeople()}
      />
      <DataTable<Erasure>
        name="erasures"
        label={t('privacy:erasure.list')}
        queryKey={[...privacyKeys.all, 'erasures']}
        load={({ page_token }, signal) =>
          http.get<Page<Erasure>>(withQuery('/erasures', { all: 'true', page_token }), { signal })
        }
        columns={columns}
        rowKey={(one) => one.id}
        empty={{ title: t('privacy:erasure.none') }}
      />
    </>
  );
}
