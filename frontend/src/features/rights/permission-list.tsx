import { useQuery } from '@tanstack/react-query';
import type { PermissionBody } from '@/api/model/permissionBody';
import { CheckField } from '@/components/ui/field';
import { SkeletonLines } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { useT, type TextKey } from '@/lib/t';
import { permissionsQuery } from './api/rights';

const groups = ['own', 'teaching', 'exam', 'hours', 'people', 'system'] as const;

/** What a permission is called and what it lets somebody do. */
export function usePermissionText() {
  const t = useT('rights');
  return (key: string, what: 'name' | 'about' = 'name') =>
    t(`rights:permission.${key.replace(':', '_')}.${what}` as TextKey);
}

interface PermissionListProps {
  /** Those that are ticked, or, with no `onChange`, those that are shown. */
  value: readonly string[];
  onChange?: (value: string[]) => void;
}

/** Permissions in plain words, by group: to read, or to tick. */
export function PermissionList({ value, onChange }: PermissionListProps) {
  const t = useT('rights');
  const text = usePermissionText();
  const all = useQuery(permissionsQuery).data;
  if (!all) return <SkeletonLines lines={6} />;
  const shown = all.filter((one) =>
    onChange ? !one.everyone && (one.yours || value.includes(one.key)) : value.includes(one.key),
  );
  const line = (one: PermissionBody) => (
    <>
      <b>{text(one.key)}</b> {one.reads_others && <Tag tone="warn">{t('rights:readsOthers')}</Tag>}{' '}
      {one.whole && <Tag>{t('rights:whole')}</Tag>}
      <span className="xs" style={{ display: 'block' }}>
        {text(one.key, 'about')}
      </span>
    </>
  );
  return (
    <div className="stack">
      {groups
        .map((group) => ({ group, items: shown.filter((one) => one.group === group) }))
        .filter(({ items }) => items.length > 0)
        .map(({ group, items }) => (
          <fieldset key={group} style={{ border: 0, padding: 0, margin: 0 }}>
            <legend className="s" style={{ marginBottom: 8 }}>
              {t(`rights:group.${group}`)}
            </legend>
            <div className="stack" style={{ gap: 8 }}>
              {items.map((one) =>
                onChange ? (
                  <CheckField
                    key={one.key}
                    label={line(one)}
                    checked={value.includes(one.key)}
                    onChange={({ target }) =>
                      onChange(target.checked ? [...value, one.key] : value.filter((key) => key !== one.key))
                    }
                  />
                ) : (
                  <div key={one.key}>{line(one)}</div>
                ),
              )}
            </div>
          </fieldset>
        ))}
    </div>
  );
}
