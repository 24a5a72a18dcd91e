import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import type { Column } from '@/components/ui/desk/data-table';
import { FormField, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { RecordTable } from '@/components/ui/desk/record-table';
import { Empty, Notice, StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { stamp } from '@/lib/time';
import { runsQuery, useSetTerm, type Rule, type Run } from './api';
import { keptText, usePrivacyText } from './text';

/** How long each kind of data is kept, to be set within bounds, and what went of late. */
export function TermList({ rules }: { rules: Rule[] }) {
  const { t, rule: name } = usePrivacyText();
  const [changing, setChanging] = useState<Rule>();
  const runs = useQuery(runsQuery);
  const terms: Column<Rule>[] = [
    { key: 'rule', title: t('privacy:term.rule'), always: true, render: (one) => name(one.id) },
    {
      key: 'kept',
      title: t('privacy:term.kept'),
      render: (one) => (
        <>
          {keptText(one, t)}
          {one.by_name && one.changed_at && (
            <div className="xs">
              {t('privacy:term.set', { name: one.by_name, when: stamp(one.changed_at), reason: one.reason })}
            </div>
          )}
        </>
      ),
    },
    {
      key: 'bounds',
      title: t('privacy:term.bounds'),
      render: (one) =>
        one.fixed ? t('privacy:term.fixed') : t('privacy:term.range', { min: one.min, max: one.max }),
    },
    {
      key: 'deeds',
      title: t('privacy:term.change'),
      align: 'end',
      render: (one) =>
        one.fixed ? (
          '—'
        ) : (
          <Button
            small
            aria-label={`${t('privacy:term.change')} ${name(one.id)}`}
            onClick={() => setChanging(one)}
          >
            {t('privacy:term.change')}
          </Button>
        ),
    },
  ];
  const went: Column<Run>[] = [
    {
      key: 'day',
      title: t('privacy:run.day'),
      always: true,
      render: (one) => <span className="num">{one.day}</span>,
    },
    { key: 'rule', title: t('privacy:term.rule'), render: (one) => name(one.rule_id) },
    { key: 'days', title: t('privacy:run.days'), align: 'end', render: (one) => one.days },
    {
      key: 'removed',
      title: t('privacy:run.removed'),
      align: 'end',
      render: (one) => t('privacy:run.count', { count: one.removed }),
    },
    {
      key: 'state',
      title: t('privacy:run.state'),
      render: (one) => t(one.finished_at ? 'privacy:run.done' : 'privacy:run.running'),
    },
  ];
  return (
    <>
      <Card pad={false}>
        <RecordTable
          label={t('privacy:term.title')}
          columns={terms}
          rows={rules}
          rowKey={(one) => one.id}
          testId="term"
        />
      </Card>
      <Section title={t('privacy:run.title')}>
        <StateView
          query={runs}
          isEmpty={({ items }) => items.length === 0}
          empty={
            <Card>
              <Empty compact title={t('privacy:run.none')} />
            </Card>
          }
        >
          {({ items }) => (
            <Card pad={false}>
              <RecordTable
                label={t('privacy:run.title')}
                columns={went}
                rows={items}
                rowKey={(one) => one.day + one.rule_id}
                maxHeight={420}
              />
            </Card>
          )}
        </StateView>
      </Section>
      {changing && <TermDrawer key={changing.id} rule={changing} onClose={() => setChanging(undefined)} />}
    </>
  );
}

function TermDrawer({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const { t, rule: name } = usePrivacyText();
  const [days, setDays] = useState<number | undefined>(rule.days);
  const [reason, setReason] = useState('');
  const save = useSetTerm();
  return (
    <FormDrawer
      title={t('privacy:term.changeTitle', { rule: name(rule.id) })}
      onClose={onClose}
      onSave={() =>
        save.mutate(
          { id: rule.id, days: days ?? 0, reason },
          {
            onSuccess: () => {
              toast(t('privacy:term.saved'));
              onClose();
            },
          },
        )
      }
      saving={save}
      fields={['days', 'reason']}
      incomplete={days === undefined || reason.trim().length < 2}
      after={
        days !== undefined && days < rule.days ? (
          <Notice tone="warn" icon="alert">
            {t('privacy:term.shorter')}
          </Notice>
        ) : undefined
      }
    >
      <FormField
        label={t('privacy:term.days')}
        hint={t('privacy:term.hint', { min: rule.min, max: rule.max, usual: rule.usual })}
        name="days"
        error={save.error}
      >
        <NumberField value={days} min={1} onChange={setDays} />
      </FormField>
      <FormField label={t('privacy:term.reason')} name="reason" error={save.error}>
        <TextArea value={reason} rows={3} maxLength={500} onChange={setReason} />
      </FormField>
    </FormDrawer>
  );
}
