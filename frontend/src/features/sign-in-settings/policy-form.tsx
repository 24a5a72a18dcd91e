import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { Form, FormField, Input } from '@/components/ui/desk/form';
import { NumberField } from '@/components/ui/desk/number-field';
import { Segmented } from '@/components/ui/tabs';
import { toast } from '@/components/ui/toast';
import { useT } from '@/lib/t';
import { useSavePolicy, type SignInPolicy } from './api/policy';

type NumberKey = {
  [K in keyof SignInPolicy]: SignInPolicy[K] extends number ? K : never;
}[keyof SignInPolicy];

interface PolicyFormProps {
  start: SignInPolicy;
  profiles: Record<'asvs' | 'graded', SignInPolicy>;
}

/** Every rule of signing in, in four groups. */
export function PolicyForm({ start, profiles }: PolicyFormProps) {
  const t = useT('sign-in-settings');
  const save = useSavePolicy();
  const [policy, setPolicy] = useState(start);
  const set = (part: Partial<SignInPolicy>) => setPolicy((before) => ({ ...before, ...part }));
  const number = (name: NumberKey, hint?: string) => (
    <FormField label={t(`sign-in-settings:${name}`)} name={name} error={save.error} hint={hint}>
      <NumberField value={policy[name]} min={0} onChange={(value) => set({ [name]: value ?? 0 })} />
    </FormField>
  );
  function choose(profile: 'asvs' | 'graded') {
    const { min_length, classes, max_age_days, history, idle_minutes, absolute_hours, code_hours } =
      profiles[profile];
    set({ profile, min_length, classes, max_age_days, history, idle_minutes, absolute_hours, code_hours });
  }
  return (
    <Form
      onSubmit={() => save.mutate(policy, { onSuccess: () => toast(t('sign-in-settings:saved')) })}
      error={save.error}
      fields={Object.keys(policy)}
      footer={
        <Button type="submit" kind="primary" busy={save.isPending}>
          {t('sign-in-settings:save')}
        </Button>
      }
    >
      <Section title={t('sign-in-settings:password')}>
        <Card className="stack">
          <FormField label={t('sign-in-settings:profile.title')} hint={t('sign-in-settings:profile.hint')}>
            <div>
              <Segmented
                label={t('sign-in-settings:profile.title')}
                current={policy.profile}
                onChange={choose}
                options={[
                  { key: 'asvs', title: t('sign-in-settings:profile.asvs') },
                  { key: 'graded', title: t('sign-in-settings:profile.graded') },
                ]}
              />
            </div>
          </FormField>
          {number('min_length', t('sign-in-settings:minHint'))}
          {policy.profile === 'graded' && number('classes')}
          {policy.profile === 'graded' && number('max_age_days')}
          {policy.profile === 'graded' && number('history')}
          {number('code_hours')}
        </Card>
      </Section>
      <Section title={t('sign-in-settings:session')}>
        <Card className="stack">
          {number('idle_minutes')}
          {number('absolute_hours')}
          {number('remember_days', t('sign-in-settings:rememberHint'))}
        </Card>
      </Section>
      <Section title={t('sign-in-settings:second')}>
        <Card className="stack">
          <FormField label={t('sign-in-settings:factor.title')} name="second_factor" error={save.error}>
            <div>
              <Segmented
                label={t('sign-in-settings:factor.title')}
                current={policy.second_factor}
                onChange={(second_factor) =>
                  set({ second_factor, factor_from: second_factor === 'grace' ? policy.factor_from : '' })
                }
                options={(['off', 'grace', 'on'] as const).map((key) => ({
                  key,
                  title: t(`sign-in-settings:factor.${key}`),
                }))}
              />
            </div>
          </FormField>
          {policy.second_factor === 'grace' && (
            <FormField label={t('sign-in-settings:factor.from')} name="factor_from" error={save.error}>
              <DatePicker
                value={policy.factor_from || undefined}
                onChange={(date) => set({ factor_from: date ?? '' })}
              />
            </FormField>
          )}
        </Card>
      </Section>
      <Section title={t('sign-in-settings:hallTitle')}>
        <Card className="stack">
          <FormField
            label={t('sign-in-settings:hall')}
            name="hall_networks"
            error={save.error}
            hint={t('sign-in-settings:hallHint')}
          >
            <Input value={policy.hall_networks} onChange={(hall_networks) => set({ hall_networks })} />
          </FormField>
          <label className="row">
            <input
              type="checkbox"
              checked={policy.break_glass_only}
              onChange={(event) => set({ break_glass_only: event.target.checked })}
            />
            <span>
              {t('sign-in-settings:local')}
              <span className="s" style={{ display: 'block' }}>
                {t('sign-in-settings:localHint')}
              </span>
            </span>
          </label>
        </Card>
      </Section>
    </Form>
  );
}
