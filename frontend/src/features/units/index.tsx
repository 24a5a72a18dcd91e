import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { Input } from '@/components/ui/desk/form';
import { Select } from '@/components/ui/desk/select';
import { CheckField } from '@/components/ui/field';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, Notice, StateView } from '@/components/ui/state-view';
import { Tabs } from '@/components/ui/tabs';
import { Tag } from '@/components/ui/tag';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { unitsQuery, type Tree, type Unit } from '@/lib/units';
import { useUrlState } from '@/lib/url-state';
import { ChangeDrawer, type UnitVerb } from './change-drawer';
import { PlannedChanges } from './planned-changes';
import { UnitDrawer, type UnitForm } from './unit-drawer';
import styles from './units.module.css';

const verbs = ['move', 'rename', 'merge', 'close'] as const;

/** The two trees: party organisations and administrative units, of today or of any day. */
export default function Units() {
  const t = useT('units', 'ui');
  const session = useSession();
  const [url, setUrl] = useUrlState();
  const tree: Tree = url.tree === 'admin' ? 'admin' : 'party';
  const query = useQuery(unitsQuery(tree, url.closed === 'true', url.as_of));
  const [form, setForm] = useState<UnitForm>();
  const [changing, setChanging] = useState<{ unit: Unit; verb: UnitVerb; target?: string }>();
  const [dragged, setDragged] = useState<Unit>();
  const manages = can(session, [permissions.staff.units]) && !url.as_of;
  const wanted = (url.q ?? '').trim().toLowerCase();
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
        <div className={styles.tools}>
          <Input
            label={t('units:search')}
            placeholder={t('units:search')}
            value={url.q ?? ''}
            onChange={(q) => setUrl({ q })}
          />
          <DatePicker
            clearable
            label={t('units:asOf')}
            value={url.as_of}
            onChange={(as_of) => setUrl({ as_of })}
          />
          <CheckField
            label={t('units:withClosed')}
            checked={url.closed === 'true'}
            onChange={({ target }) => setUrl({ closed: target.checked ? 'true' : undefined })}
          />
        </div>
        {url.as_of && <Notice>{t('units:asOfShown', { day: url.as_of })}</Notice>}
        <PlannedChanges manages={manages} />
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
                {inTreeOrder(units)
                  .filter((unit) => !wanted || unit.path_names.join(' ').toLowerCase().includes(wanted))
                  .map((unit) => (
                    // Dragging is a short way; the deeds beside the name do the same by keyboard.
                    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
                    <li
                      key={unit.id}
                      style={{ paddingLeft: `calc(16px + ${depth(unit, units)} * var(--indent))` }}
                      draggable={manages && !unit.closed_on}
                      onDragStart={() => setDragged(unit)}
                      onDragEnd={() => setDragged(undefined)}
                      onDragOver={(event) => dragged && dragged.id !== unit.id && event.preventDefault()}
                      onDrop={() =>
                        dragged &&
                        dragged.id !== unit.id &&
                        setChanging({ unit: dragged, verb: 'move', target: unit.id })
                      }
                    >
                      <span className={styles.name}>
                        <b>{unit.name}</b>
                        <Tag>{t(`units:kind.${unit.kind as 'branch'}`)}</Tag>
                        {unit.closed_on && (
                          <Tag tone="warn">{t('units:closesOn', { day: unit.closed_on })}</Tag>
                        )}
                      </span>
                      <AppLink to={paths.staffPeople()} search={{ unit_id: unit.id }} className="s num">
                        {t('units:people', { count: unit.people })}
                      </AppLink>
                      {manages && !unit.closed_on && (
                        <span className={styles.deeds}>
                          <Button small kind="quiet" onClick={() => setForm({ tree, parent: unit })}>
                            {t('units:addBelow')}
                          </Button>
                          <Button small kind="quiet" onClick={() => setForm({ tree, unit })}>
                            {t('units:edit')}
                          </Button>
                          <span style={{ width: 120 }}>
                            <Select
                              label={t('units:change.of', { name: unit.name })}
                              placeholder={t('units:change.more')}
                              value={undefined}
                              options={verbs.map((verb) => ({
                                value: verb,
                                label: t(`units:change.verb.${verb}`),
                              }))}
                              onChange={(verb) => verb && setChanging({ unit, verb: verb as UnitVerb })}
                            />
                          </span>
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
      {changing && <ChangeDrawer {...changing} onClose={() => setChanging(undefined)} />}
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
