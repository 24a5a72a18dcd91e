import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tabs } from '@/components/ui/tabs';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { http } from '@/lib/http';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { unitsQuery, type Tree, type Unit } from '@/lib/units';
import { useUrlState } from '@/lib/url-state';
import { UnitDrawer, type UnitForm } from './unit-drawer';
import styles from './units.module.css';

/** The two trees: party organisations and administrative units. */
export default function Units() {
  const t = useT('units', 'ui');
  const session = useSession();
  const [url, setUrl] = useUrlState();
  const tree: Tree = url.tree === 'admin' ? 'admin' : 'party';
  const query = useQuery(unitsQuery(tree));
  const [form, setForm] = useState<UnitForm>();
  const [closing, setClosing] = useState<Unit>();
  const manages = can(session, [permissions.staff.units]);
  const client = useQueryClient();
  const closeUnit = useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) =>
      http.post(`/units/${id}/close`, { on: isoDate(serverNow()), reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['units'] }),
  });
  return (
    <>
      <PageHeader
        title={t('units:title')}
        detail={t('units:detail')}
        actions={
          manages && (
            <Button small kind="primary" onClick={() => setForm({ tree })}>
              {t('units:add')}
            </Button>
          )
        }
      />
      <div className="stack">
        <Tabs
          label={t('units:title')}
          current={tree}
          onChange={(next) => setUrl({ tree: next === 'party' ? undefined : next })}
          tabs={[
            { key: 'party', title: t('units:tree.party') },
            { key: 'admin', title: t('units:tree.admin') },
          ]}
        />
        <StateView
          query={query}
          isEmpty={(units) => units.length === 0}
          empty={
            <Card>
              <Empty title={t('units:empty')}>{manages ? t('units:emptyText') : undefined}</Empty>
            </Card>
          }
        >
          {(units) => (
            <Card pad={false}>
              <ul className={styles.tree}>
                {inTreeOrder(units).map((unit) => (
                  <li key={unit.id} style={{ paddingLeft: 16 + 24 * depth(unit, units) }}>
                    <span className={styles.name}>
                      <b>{unit.name}</b>
                      <Tag>{t(`units:kind.${unit.kind as 'branch'}`)}</Tag>
                    </span>
                    <AppLink to={paths.staffPeople()} search={{ unit_id: unit.id }} className="s num">
                      {t('units:people', { count: unit.people })}
                    </AppLink>
                    {manages && (
                      <span className={styles.deeds}>
                        <Button small kind="quiet" onClick={() => setForm({ tree, parent: unit })}>
                          {t('units:addBelow')}
                        </Button>
                        <Button small kind="quiet" onClick={() => setForm({ tree, unit })}>
                          {t('units:edit')}
                        </Button>
                        <Button small kind="quiet" onClick={() => setClosing(unit)}>
                          {t('units:close')}
                        </Button>
                      </span>
                    )}
                  </li>
                ))}
              </ul>
            </Card>
          )}
        </StateView>
      </div>
      {form && <UnitDrawer form={form} onClose={() => setForm(undefined)} />}
      <ConfirmWithReason
        open={closing !== undefined}
        title={t('units:closeTitle', { name: closing?.name ?? '' })}
        verb={t('units:close')}
        withReason
        onClose={() => setClosing(undefined)}
        onConfirm={(reason) =>
          closeUnit.mutateAsync({ id: closing?.id ?? '', reason }).then(() => toast(t('units:closed')))
        }
      >
        {t('units:closeText')}
      </ConfirmWithReason>
    </>
  );
}

/** Steps below the topmost unit that the reader sees. */
function depth(unit: Unit, units: Unit[]): number {
  const top = Math.min(...units.map((one) => one.path_names.length));
  return unit.path_names.length - top;
}

/** Each unit followed by what is below it; the server gives level after level. */
function inTreeOrder(units: Unit[]): Unit[] {
  const known = new Set(units.map((unit) => unit.id));
  const parentOf = (unit: Unit) => (unit.parent_id && known.has(unit.parent_id) ? unit.parent_id : '');
  const walk = (parent: string): Unit[] =>
    units.filter((unit) => parentOf(unit) === parent).flatMap((unit) => [unit, ...walk(unit.id)]);
  return walk('');
}
