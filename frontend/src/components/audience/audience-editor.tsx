import type { AudienceBody } from '@/api/model/audienceBody';
import { useQuery } from '@tanstack/react-query';
import { FormField } from '@/components/ui/desk/form';
import { MultiSelect } from '@/components/ui/desk/select';
import { TreeMultiSelect } from '@/components/ui/desk/tree-select';
import { personKinds, ranks, stages } from '@/lib/org';
import { useT } from '@/lib/t';
import { unitsQuery } from '@/lib/units';

interface AudienceEditorProps {
  value: AudienceBody;
  onChange: (value: AudienceBody) => void;
  disabled?: boolean;
}

/** Whom a course, an exam or a policy is for. */
export function AudienceEditor({ value, onChange, disabled }: AudienceEditorProps) {
  const t = useT('audience', 'common');
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  const set = (key: keyof AudienceBody) => (list: string[]) => onChange({ ...value, [key]: list });
  return (
    <>
      <p className="s" style={{ marginBottom: 12 }}>
        {t('audience:hint')}
      </p>
      <FormField label={t('audience:stages')}>
        <MultiSelect
          disabled={disabled}
          placeholder={t('audience:any')}
          value={value.stages ?? []}
          options={stages.map((stage) => ({ value: stage, label: t(`common:stage.${stage}`) }))}
          onChange={set('stages')}
        />
      </FormField>
      <FormField label={t('audience:ranks')}>
        <MultiSelect
          disabled={disabled}
          placeholder={t('audience:any')}
          value={value.ranks ?? []}
          options={ranks.map((rank) => ({ value: rank, label: t(`common:rank.${rank}`) }))}
          onChange={set('ranks')}
        />
      </FormField>
      <FormField label={t('audience:kinds')}>
        <MultiSelect
          disabled={disabled}
          placeholder={t('audience:any')}
          value={value.kinds ?? []}
          options={personKinds.map((kind) => ({ value: kind, label: t(`common:kind.${kind}`) }))}
          onChange={set('kinds')}
        />
      </FormField>
      <FormField label={t('audience:units')}>
        <TreeMultiSelect
          disabled={disabled}
          placeholder={t('audience:any')}
          rows={[...(party.data ?? []), ...(admin.data ?? [])]}
          value={value.units ?? []}
          onChange={set('units')}
        />
      </FormField>
    </>
  );
}

/** The rule in one line: 入党积极分子、发展对象 · 学生. Units are told by name where the reader sees them. */
export function useAudienceText(): (audience: AudienceBody | undefined) => string {
  const t = useT('audience', 'common');
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  return (audience) => {
    const names = new Map([...(party.data ?? []), ...(admin.data ?? [])].map((unit) => [unit.id, unit.name]));
    const parts = [
      audience?.stages?.map((stage) => t(`common:stage.${stage}`)),
      audience?.ranks?.map((rank) => t(`common:rank.${rank}`)),
      audience?.kinds?.map((kind) => t(`common:kind.${kind}`)),
      audience?.units?.map((unit) => names.get(unit) ?? t('audience:otherUnit')),
    ];
    const said = parts
      .filter((part): part is string[] => !!part && part.length > 0)
      .map((part) => part.join(t('audience:comma')));
    return said.length === 0 ? t('audience:everyone') : said.join(' · ');
  };
}
