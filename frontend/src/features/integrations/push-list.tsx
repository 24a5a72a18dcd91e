import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Drawer } from '@/components/ui/desk/drawer';
import { StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { language } from '@/lib/language';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { loadPushes, pushesKey, pushQuery, type Push } from './api/tokens';

/** What one's tokens pushed, and what came of it. */
export function PushList() {
  const t = useT('integrations');
  const [open, setOpen] = useState<Push>();
  const columns: Column<Push>[] = [
    {
      key: 'at',
      title: t('integrations:push.at'),
      always: true,
      render: (one) => (
        <div>
          {t(`integrations:push.kind.${one.kind}`)}
          <div className="xs num">{stamp(one.created_at)}</div>
        </div>
      ),
    },
    { key: 'token', title: t('integrations:push.token'), render: (one) => one.token_name || '—' },
    {
      key: 'state',
      title: t('integrations:push.state'),
      side: true,
      width: 130,
      render: (one) => (
        <Tag tone={one.state === 'running' || one.counts.refused > 0 ? 'warn' : 'ok'}>
          {t(`integrations:push.${one.state}`)}
        </Tag>
      ),
    },
    ...(['new', 'changed', 'same', 'refused'] as const).map((key) => ({
      key,
      title: t(`integrations:outcome.${key}`),
      align: 'end' as const,
      width: 90,
      render: (one: Push) => one.counts[key],
    })),
  ];
  return (
    <>
      <DataTable<Push>
        name="pushes"
        label={t('integrations:tab.pushes')}
        queryKey={pushesKey}
        load={loadPushes}
        columns={columns}
        rowKey={(one) => one.id}
        onRow={setOpen}
        empty={{ title: t('integrations:push.none'), text: t('integrations:push.noneHint') }}
      />
      {open && <Report id={open.id} onClose={() => setOpen(undefined)} />}
    </>
  );
}

/** What was not taken, with why. */
function Report({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT('integrations');
  const query = useQuery(pushQuery(id));
  return (
    <Drawer open title={t('integrations:push.report')} onClose={onClose}>
      <StateView query={query}>
        {(push) => {
          const left = push.items.filter(({ outcome }) => outcome === 'refused' || outcome === 'stale');
          return (
            <div className="stack">
              {push.import_id && (
                <AppLink to={paths.staffImport(push.import_id)}>{t('integrations:push.import')}</AppLink>
              )}
              {left.length === 0 && <div>{t('integrations:push.allTaken')}</div>}
              <ul className="stack" style={{ margin: 0, padding: 0, listStyle: 'none' }}>
                {left.map((item, n) => (
                  <li key={n}>
                    <strong>{item.key || '—'}</strong>{' '}
                    <span className="s">
                      {item.outcome === 'stale'
                        ? t('integrations:push.stale')
                        : item.refusals.map((one) => one.messages[language()] ?? one.reason).join(' ')}
                    </span>
                  </li>
                ))}
              </ul>
            </div>
          );
        }}
      </StateView>
    </Drawer>
  );
}
