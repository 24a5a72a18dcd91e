import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AudienceEditor } from '@/components/audience/audience-editor';
import { Button } from '@/components/ui/button';
import { Section } from '@/components/ui/card';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { MultiSelect, Select } from '@/components/ui/desk/select';
import { CheckField } from '@/components/ui/field';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { hourSources, type HourSource } from '@/lib/hours';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { civilYear, isoDate } from '@/lib/time';
import {
  current,
  policiesQuery,
  useAddVersion,
  useCreatePolicy,
  type Cap,
  type Draft,
  type Policy,
  type Rule,
} from './api/policies';

/** What the drawer starts with: the version in force, or the usual numbers of a first one. */
function start(policy: Policy | undefined): Draft {
  const before = policy && current(policy);
  if (before) {
    const { document, audience, rule, supersedes } = before;
    return { document, audience, rule, supersedes, effective_from: isoDate(serverNow()), reason: '' };
  }
  return {
    effective_from: `${civilYear()}-01-01`,
    document: { title: '', number: '', clause: '', clause_text: '' },
    audience: {},
    rule: { total_centi: 3200, required_centi: 0, source_caps: [], daily_max_centi: 1200 },
    supersedes: [],
    reason: '',
  };
}

/** A new policy, or a new version of one. It binds nobody until it is previewed and activated. */
export function PolicyDrawer({ policy, onClose }: { policy?: Policy; onClose: () => void }) {
  const t = useT('hours-policy', 'audience', 'ui');
  const navigate = useNavigate();
  const [name, setName] = useState(policy?.name ?? '');
  const [draft, setDraft] = useState(() => start(policy));
  const create = useCreatePolicy();
  const addVersion = useAddVersion(policy?.id ?? '');
  const others = useQuery(policiesQuery).data?.filter((one) => one.id !== policy?.id) ?? [];
  const saving = policy ? addVersion : create;
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const setRule = (change: Partial<Rule>) => set({ rule: { ...draft.rule, ...change } });
  const setDocument = (change: Partial<Draft['document']>) =>
    set({ document: { ...draft.document, ...change } });
  const field = (path: string) => ({ name: path, error: saving.error });
  function save() {
    const done = (saved: Policy) => {
      toast(t('hours-policy:saved'));
      onClose();
      void navigate({ to: paths.staffPolicy(saved.id ?? policy?.id) });
    };
    if (policy) addVersion.mutate(draft, { onSuccess: done });
    else create.mutate({ ...draft, name }, { onSuccess: done });
  }
  const { rule, document } = draft;
  return (
    <FormDrawer
      width={640}
      title={policy ? t('hours-policy:newVersion') : t('hours-policy:add')}
      onClose={onClose}
      saving={saving}
      onSave={save}
      verb={t('hours-policy:saveDraft')}
      fields={[
        'name',
        'effective_from',
        'reason',
        'document.title',
        'document.number',
        'document.clause',
        'document.clause_text',
        'rule.total_centi',
        'rule.required_centi',
      ]}
    >
      {!policy && (
        <FormField
          label={t('hours-policy:field.name')}
          hint={t('hours-policy:field.nameHint')}
          {...field('name')}
        >
          <Input value={name} maxLength={100} onChange={setName} />
        </FormField>
      )}
      <FormField
        label={t('hours-policy:field.from')}
        hint={t('hours-policy:field.fromHint')}
        {...field('effective_from')}
      >
        <DatePicker
          value={draft.effective_from}
          onChange={(from) => set({ effective_from: from ?? draft.effective_from })}
        />
      </FormField>
      <Section title={t('hours-policy:section.document')}>
        <FormField label={t('hours-policy:field.title')} {...field('document.title')}>
          <Input value={document.title} maxLength={200} onChange={(title) => setDocument({ title })} />
        </FormField>
        <FormField label={t('hours-policy:field.number')} {...field('document.number')}>
          <Input value={document.number} maxLength={100} onChange={(number) => setDocument({ number })} />
        </FormField>
        <FormField label={t('hours-policy:field.clause')} {...field('document.clause')}>
          <Input value={document.clause} maxLength={100} onChange={(clause) => setDocument({ clause })} />
        </FormField>
        <FormField label={t('hours-policy:field.clauseText')} {...field('document.clause_text')}>
          <TextArea
            value={document.clause_text}
            maxLength={4000}
            onChange={(text) => setDocument({ clause_text: text })}
          />
        </FormField>
      </Section>
      <Section title={t('hours-policy:section.rule')}>
        <FormField label={t('hours-policy:field.total')} {...field('rule.total_centi')}>
          <Hours value={rule.total_centi} onChange={(value) => setRule({ total_centi: value })} />
        </FormField>
        <FormField
          label={t('hours-policy:field.required')}
          hint={t('hours-policy:field.requiredHint')}
          {...field('rule.required_centi')}
        >
          <Hours value={rule.required_centi ?? 0} onChange={(value) => setRule({ required_centi: value })} />
        </FormField>
        <FormField label={t('hours-policy:field.daily')} hint={t('hours-policy:field.dailyHint')}>
          <Hours
            value={rule.daily_max_centi ?? 0}
            onChange={(value) => setRule({ daily_max_centi: value })}
          />
        </FormField>
        <Caps caps={rule.source_caps ?? []} onChange={(caps) => setRule({ source_caps: caps })} />
        <CheckField
          label={t('hours-policy:field.prorate')}
          checked={rule.prorating?.on ?? false}
          onChange={(event) =>
            setRule({
              prorating: {
                on: event.target.checked,
                round_up_centi: 50,
                floor_centi: rule.prorating?.floor_centi ?? 0,
              },
            })
          }
        />
      </Section>
      <Section title={t('hours-policy:section.audience')}>
        <AudienceEditor value={draft.audience ?? {}} onChange={(audience) => set({ audience })} />
        {others.length > 0 && (
          <FormField label={t('hours-policy:field.supersedes')} hint={t('hours-policy:field.supersedesHint')}>
            <MultiSelect
              value={draft.supersedes ?? []}
              options={others.map((one) => ({ value: one.id, label: one.name }))}
              onChange={(supersedes) => set({ supersedes })}
            />
          </FormField>
        )}
      </Section>
      <FormField
        label={t('ui:confirm.reason')}
        hint={t('ui:confirm.reasonHint', { count: 2 })}
        {...field('reason')}
      >
        <TextArea value={draft.reason} rows={2} maxLength={500} onChange={(reason) => set({ reason })} />
      </FormField>
    </FormDrawer>
  );
}

interface HoursProps {
  id?: string;
  label?: string;
  invalid?: boolean;
  value: number;
  onChange: (centi: number) => void;
}

function Hours({ value, onChange, ...rest }: HoursProps) {
  const t = useT('hours-policy');
  return (
    <NumberField
      {...rest}
      value={value}
      scale={100}
      min={0}
      step={0.5}
      unit={t('hours-policy:unit')}
      onChange={(next) => onChange(next ?? 0)}
    />
  );
}

function Caps({ caps, onChange }: { caps: Cap[]; onChange: (caps: Cap[]) => void }) {
  const t = useT('hours-policy', 'hours', 'ui');
  const free = hourSources.filter((source) => !caps.some((cap) => cap.source === source));
  const change = (at: number, next: Partial<Cap>) =>
    onChange(caps.map((cap, index) => (index === at ? { ...cap, ...next } : cap)));
  return (
    <FormField label={t('hours-policy:field.caps')} hint={t('hours-policy:field.capsHint')}>
      <div className="stack" style={{ gap: 8 }} role="group" aria-label={t('hours-policy:field.caps')}>
        {caps.map((cap, at) => (
          <div key={cap.source} className="row">
            <Select
              label={t('hours-policy:field.source')}
              value={cap.source}
              width={160}
              options={[cap.source, ...free].map((source) => ({
                value: source,
                label: t(`hours:source.${source}`),
              }))}
              onChange={(source) => change(at, { source: (source ?? cap.source) as HourSource })}
            />
            <Hours
              label={t(`hours:source.${cap.source}`)}
              value={cap.cap_centi}
              onChange={(cap_centi) => change(at, { cap_centi })}
            />
            <Button small kind="quiet" onClick={() => onChange(caps.filter((_, index) => index !== at))}>
              {t('hours-policy:removeCap')}
            </Button>
          </div>
        ))}
        {free[0] && (
          <div>
            <Button small onClick={() => onChange([...caps, { source: free[0]!, cap_centi: 1600 }])}>
              {t('hours-policy:addCap')}
            </Button>
          </div>
        )}
      </div>
    </FormField>
  );
}
