import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChangeUnitInputBody } from '@/api/model/changeUnitInputBody';
import type { UnitChangeBody } from '@/api/model/unitChangeBody';
import type { UnitPreviewOutputBody } from '@/api/model/unitPreviewOutputBody';
import type { WatcherBody } from '@/api/model/watcherBody';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { TreeSelect } from '@/components/ui/desk/tree-select';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { http } from '@/lib/http';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { unitsQuery, type Unit } from '@/lib/units';

export type UnitVerb = 'rename' | 'move' | 'merge' | 'close';

/** A change of a unit from a day on. What it would bring about is shown before it is done or planned. */
export function ChangeDrawer({
  unit,
  verb,
  target,
  onClose,
}: {
  unit: Unit;
  verb: UnitVerb;
  target?: string;
  onClose: () => void;
}) {
  const t = useT('units', 'ui');
  const client = useQueryClient();
  const units = useQuery(unitsQuery(unit.tree));
  const today = isoDate(serverNow());
  const [to, setTo] = useState<string | undefined>(target);
  const [name, setName] = useState(unit.name);
  const [on, setOn] = useState<string | undefined>(today);
  const [reason, setReason] = useState('');
  const [seen, setSeen] = useState<{ key: string; preview: UnitPreviewOutputBody }>();
  const body: ChangeUnitInputBody = {
    verb,
    target_id: verb === 'move' || verb === 'merge' ? to : undefined,
    name: verb === 'rename' ? name : undefined,
    on,
    version: unit.version,
  };
  const key = JSON.stringify(body);
  const ahead = (on ?? today) > today;
  const preview = useMutation({
    mutationFn: () =>
      http.post<UnitPreviewOutputBody>(`/units/${unit.id}/changes/preview`, { ...body, reason }),
    onSuccess: (shown) => setSeen({ key, preview: shown }),
  });
  const change = useMutation({
    mutationFn: () => http.post<UnitChangeBody>(`/units/${unit.id}/changes`, { ...body, reason }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['units'] });
      toast(t(made.state === 'planned' ? 'units:change.planned' : 'units:change.done'));
      onClose();
    },
  });
  const shown = seen?.key === key ? seen.preview : undefined;
  const needsTarget = verb === 'merge' || (verb === 'move' && !to && unit.parent_id !== undefined);
  const needsReason = verb === 'merge' || verb === 'close' || (on ?? today) < today;
  return (
    <FormDrawer
      title={t(`units:change.title.${verb}`, { name: unit.name })}
      width={520}
      onClose={onClose}
      onSave={() => (shown ? change.mutate() : preview.mutate())}
      saving={{
        isPending: preview.isPending || change.isPending,
        error: shown ? change.error : preview.error,
      }}
      fields={['target_id', 'name', 'on', 'reason']}
      verb={shown ? t(ahead ? 'units:change.plan' : 'units:change.do') : t('units:change.preview')}
      incomplete={!on || (needsTarget && !to) || (shown !== undefined && needsReason && !reason.trim())}
    >
      {(verb === 'move' || verb === 'merge') && (
        <FormField label={t(`units:change.target.${verb}`)} name="target_id" error={preview.error}>
          <TreeSelect
            rows={(units.data ?? []).filter((one) => one.id !== unit.id)}
            value={to}
            onChange={setTo}
          />
        </FormField>
      )}
      {verb === 'rename' && (
        <FormField label={t('units:field.name')} name="name" error={preview.error}>
          <Input value={name} maxLength={100} onChange={setName} />
        </FormField>
      )}
      <FormField label={t('units:change.on')} name="on" error={preview.error} hint={t('units:change.onHint')}>
        <DatePicker value={on} onChange={setOn} />
      </FormField>
      <FormField
        label={t('units:change.reason')}
        name="reason"
        error={shown ? change.error : preview.error}
        hint={needsReason ? t('units:change.reasonNeeded') : undefined}
      >
        <TextArea value={reason} maxLength={500} onChange={setReason} />
      </FormField>
      {shown && <Preview shown={shown} />}
    </FormDrawer>
  );
}

function Preview({ shown }: { shown: UnitPreviewOutputBody }) {
  const t = useT('units');
  const watcher = (one: WatcherBody) => t('units:change.watcher', { name: one.name, unit: one.unit });
  return (
    <section aria-live="polite" className="stack">
      <b>{t('units:change.shows')}</b>
      <p className="s">{t('units:change.counts', { units: shown.unit_count, people: shown.people })}</p>
      <ul className="stack" style={{ gap: 4 }}>
        {shown.sight_lost.map((one) => (
          <li key={`-${one.person_id}${one.unit}`} className="s">
            {t('units:change.sightLost', { who: watcher(one) })}
          </li>
        ))}
        {shown.sight_gained.map((one) => (
          <li key={`+${one.person_id}${one.unit}`} className="s">
            {t('units:change.sightGained', { who: watcher(one) })}
          </li>
        ))}
        {shown.units.slice(0, 8).map((one) => (
          <li key={one.unit_id} className="s">
            {t('units:change.path', {
              before: one.before.join(' / '),
              after: one.after.join(' / ') || t('units:change.nowhere'),
            })}
          </li>
        ))}
      </ul>
    </section>
  );
}
