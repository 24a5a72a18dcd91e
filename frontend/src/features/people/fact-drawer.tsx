import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { FactBody } from '@/api/model/factBody';
import type { FactChangeBody } from '@/api/model/factChangeBody';
import type { FactDeedBody } from '@/api/model/factDeedBody';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select, type Option } from '@/components/ui/desk/select';
import { UnitSelect } from '@/components/ui/desk/unit-select';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { http } from '@/lib/http';
import { posts, ranks, stages, statuses } from '@/lib/org';
import { useT, type Say } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { usePersonDeeds, type PersonRecord } from './api/people';
import { ChangePreview } from './change-preview';
import { factText } from './fact-text';

export const whats = ['stage', 'membership', 'rank', 'post', 'status'] as const;
export type What = (typeof whats)[number];

interface FactDrawerProps {
  person: PersonRecord;
  /** The record that is wrong; none registers something new. */
  correcting?: FactBody;
  open: boolean;
  onClose: () => void;
}

/** Something that holds from a day on, or a correction of what was recorded: what follows from it is shown before it is done. */
export function FactDrawer({ person, correcting, open, onClose }: FactDrawerProps) {
  const t = useT('people', 'common');
  const { changeFacts } = usePersonDeeds(person.id);
  const kindOf = (fact: FactBody): What =>
    fact.kind.endsWith('_membership') ? 'membership' : (fact.kind as What);
  const [what, setWhat] = useState<What>(correcting ? kindOf(correcting) : 'stage');
  const [value, setValue] = useState<string | undefined>(correcting?.value);
  const [move, setMove] = useState(correcting?.move ?? '');
  const [unit, setUnit] = useState<string | undefined>(correcting?.unit_id || undefined);
  const [note, setNote] = useState(correcting?.note ?? '');
  const [dueOn, setDueOn] = useState<string | undefined>(correcting?.due_on);
  const [from, setFrom] = useState<string | undefined>(() => correcting?.from ?? isoDate(serverNow()));
  const [until, setUntil] = useState<string>();
  const [document, setDocument] = useState(correcting?.document ?? '');
  const [reason, setReason] = useState('');
  const [seen, setSeen] = useState<{ key: string; change: FactChangeBody }>();
  const body: FactDeedBody = {
    verb: correcting ? 'correct' : 'add',
    kind: correcting ? undefined : what,
    fact_id: correcting?.id,
    value,
    move: (what === 'stage' && move) || undefined,
    unit_id: what === 'post' ? unit : undefined,
    note: what === 'post' && value === 'other' ? note : undefined,
    due_on: what === 'stage' && move === 'extend' ? dueOn : undefined,
    from,
    until: correcting ? undefined : until,
    document,
  } as FactDeedBody;
  const key = JSON.stringify(body);
  const preview = useMutation({
    mutationFn: () => http.post<FactChangeBody>(`/people/${person.id}/facts/preview`, body),
    onSuccess: (change) => setSeen({ key, change }),
  });
  const shown = seen?.key === key ? seen.change : undefined;
  function save() {
    if (!shown) {
      preview.mutate();
      return;
    }
    changeFacts.mutate(
      { ...body, reason },
      {
        onSuccess: () => {
          toast(t('people:fact.added'));
          setValue(undefined);
          setUntil(undefined);
          setDocument('');
          setReason('');
          setSeen(undefined);
          onClose();
        },
      },
    );
  }
  const stageOptions: Option[] = correcting
    ? stages.map((stage) => ({ value: stage, label: t(`common:stage.${stage}`) }))
    : person.next_stages.map((next) => ({
        value: `${next.to}:${next.move}`,
        label: [
          t(`common:stage.${next.to}`),
          next.move && next.move !== 'advance' && t(`common:move.${next.move}`),
        ]
          .filter(Boolean)
          .join(' · '),
      }));
  const error = shown ? changeFacts.error : preview.error;
  return (
    <FormDrawer
      open={open}
      title={
        correcting ? t('people:fact.correctTitle', { fact: factText(correcting, t) }) : t('people:fact.add')
      }
      width={520}
      onClose={onClose}
      onSave={save}
      saving={{ isPending: preview.isPending || changeFacts.isPending, error }}
      fields={['value', 'from', 'until', 'document', 'unit_id', 'note', 'due_on', 'reason']}
      verb={shown ? t('people:fact.confirm') : t('people:fact.preview')}
      incomplete={!value || !from || (what === 'post' && !unit) || (shown?.needs_reason && !reason.trim())}
    >
      {!correcting && (
        <FormField label={t('people:fact.what')}>
          <Select
            value={what}
            options={whats.map((one) => ({ value: one, label: t(`people:fact.whats.${one}`) }))}
            onChange={(next) => {
              setWhat((next ?? 'stage') as What);
              setValue(undefined);
              setMove('');
            }}
          />
        </FormField>
      )}
      <FormField label={t('people:fact.value')} name="value" error={error} hint={now(person, what, t)}>
        {what === 'membership' ? (
          <UnitSelect value={value} onChange={setValue} />
        ) : (
          <Select
            value={what === 'stage' && !correcting && value ? `${value}:${move}` : value}
            options={
              what === 'stage'
                ? stageOptions
                : what === 'rank'
                  ? ranks.map((rank) => ({ value: rank, label: t(`common:rank.${rank}`) }))
                  : what === 'post'
                    ? posts.map((post) => ({ value: post, label: t(`common:post.${post}`) }))
                    : statuses.map((status) => ({ value: status, label: t(`common:status.${status}`) }))
            }
            onChange={(next) => {
              const [to, by = ''] = (next ?? '').split(':');
              setValue(to || undefined);
              if (!correcting) setMove(by as typeof move);
            }}
          />
        )}
      </FormField>
      {what === 'stage' && move === 'extend' && (
        <FormField label={t('people:fact.dueOn')} name="due_on" error={error}>
          <DatePicker value={dueOn} onChange={setDueOn} />
        </FormField>
      )}
      {what === 'post' && value === 'other' && (
        <FormField label={t('people:fact.note')} name="note" error={error}>
          <Input value={note} maxLength={40} onChange={setNote} />
        </FormField>
      )}
      {what === 'post' && (
        <FormField label={t('people:fact.postUnit')} name="unit_id" error={error}>
          <UnitSelect value={unit} onChange={setUnit} />
        </FormField>
      )}
      <FormField label={t('people:fact.from')} name="from" error={error} hint={t('people:fact.fromHint')}>
        <DatePicker value={from} onChange={setFrom} />
      </FormField>
      {!correcting && (
        <FormField
          label={t('people:fact.until')}
          name="until"
          error={error}
          hint={t('people:fact.untilHint')}
        >
          <DatePicker clearable value={until} onChange={setUntil} />
        </FormField>
      )}
      <FormField
        label={t('people:fact.document')}
        name="document"
        error={error}
        hint={t('people:fact.documentHint')}
      >
        <Input value={document} maxLength={300} onChange={setDocument} />
      </FormField>
      {shown && <ChangePreview change={shown} />}
      {shown?.needs_reason && (
        <FormField
          label={t('people:fact.reason')}
          name="reason"
          error={error}
          hint={t('people:fact.reasonHint')}
        >
          <TextArea value={reason} maxLength={500} onChange={setReason} />
        </FormField>
      )}
    </FormDrawer>
  );
}

function now(person: PersonRecord, what: What, t: Say): string {
  const value = {
    stage: person.stage && t(`common:stage.${person.stage}`),
    rank: person.rank && t(`common:rank.${person.rank}`),
    membership: [person.party_unit_name, person.admin_unit_name].filter(Boolean).join('、'),
    post: person.posts.map((post) => factText(post, t)).join('、'),
    status: t(`common:status.${person.status}`),
  }[what];
  return value ? t('people:fact.now', { value }) : t('people:fact.nowNone');
}
