import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { toast } from '@/components/ui/toast';
import { http } from '@/lib/http';
import { useT } from '@/lib/t';
import type { Tree, Unit } from '@/lib/units';

/** What the drawer is for: a new root, a new unit below `parent`, or a change of `unit`. */
export interface UnitForm {
  tree: Tree;
  parent?: Unit;
  unit?: Unit;
}

const kinds = {
  party: ['committee', 'general_branch', 'branch', 'group'],
  admin: ['institution', 'department', 'office', 'class'],
} as const;

export function UnitDrawer({ form, onClose }: { form: UnitForm; onClose: () => void }) {
  const t = useT('units');
  const client = useQueryClient();
  const [name, setName] = useState(form.unit?.name ?? '');
  const [kind, setKind] = useState<string>(form.unit?.kind ?? kinds[form.tree][form.parent ? 2 : 0]);
  const [position, setPosition] = useState(form.unit?.position ?? 0);
  const save = useMutation({
    mutationFn: () =>
      form.unit
        ? http.put(`/units/${form.unit.id}`, { name, kind, position, version: form.unit.version })
        : http.post('/units', { tree: form.tree, parent_id: form.parent?.id, name, kind, position }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['units'] });
      toast(t('units:saved'));
      onClose();
    },
  });
  return (
    <FormDrawer
      title={form.unit ? t('units:editTitle', { name: form.unit.name }) : t('units:add')}
      onClose={onClose}
      saving={save}
      onSave={() => save.mutate()}
      fields={['name', 'kind', 'position']}
    >
      {form.parent && (
        <p className="s" style={{ marginBottom: 16 }}>
          {t('units:below', { path: form.parent.path_names.join(' / ') })}
        </p>
      )}
      <FormField label={t('units:field.name')} name="name" error={save.error}>
        <Input value={name} maxLength={100} onChange={setName} />
      </FormField>
      <FormField label={t('units:field.kind')} name="kind" error={save.error}>
        <Select
          value={kind}
          options={kinds[form.tree].map((one) => ({ value: one, label: t(`units:kind.${one}`) }))}
          onChange={(next) => setKind(next ?? kind)}
        />
      </FormField>
      <FormField
        label={t('units:field.position')}
        name="position"
        error={save.error}
        hint={t('units:field.positionHint')}
      >
        <NumberField value={position} min={0} onChange={(next) => setPosition(next ?? 0)} />
      </FormField>
    </FormDrawer>
  );
}
