import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { BulkBody } from '@/api/model/bulkBody';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input, TextArea } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { Select } from '@/components/ui/desk/select';
import { TreeSelect } from '@/components/ui/desk/tree-select';
import { JobProgress } from '@/components/ui/job-progress';
import { serverNow } from '@/lib/clock';
import { http } from '@/lib/http';
import { colon, language } from '@/lib/language';
import { posts, ranks, stages, statuses } from '@/lib/org';
import { useT } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { unitsQuery } from '@/lib/units';
import { useUrlState } from '@/lib/url-state';
import { filterOf, peopleKeys } from './api/people';
import { whats, type What } from './fact-drawer';

/** One change for those ticked, or for everybody whom the filter selects: checked for each, looked at, then done. */
export function BulkDrawer({ ids, onClose }: { ids: string[]; onClose: () => void }) {
  const t = useT('people', 'common', 'ui');
  const client = useQueryClient();
  const [url] = useUrlState();
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  const [what, setWhat] = useState<What>('stage');
  const [value, setValue] = useState<string>();
  const [unit, setUnit] = useState<string>();
  const [note, setNote] = useState('');
  const [from, setFrom] = useState<string | undefined>(() => isoDate(serverNow()));
  const [document, setDocument] = useState('');
  const [reason, setReason] = useState('');
  const [id, setId] = useState<string>();
  const start = useMutation({
    mutationFn: () => {
      return http.post<BulkBody>('/people-bulks', {
        ...(ids.length > 0 ? { person_ids: ids } : { filter: filterOf(url) }),
        kind: what,
        value,
        unit_id: what === 'post' ? unit : undefined,
        note: what === 'post' && value === 'other' ? note : undefined,
        from,
        document,
        reason,
      });
    },
    onSuccess: (made) => setId(made.id),
  });
  const bulk = useQuery({
    queryKey: [...peopleKeys.all, 'bulk', id],
    queryFn: ({ signal }) => http.get<BulkBody>(`/people-bulks/${id}`, { signal }),
    enabled: id !== undefined,
    refetchInterval: ({ state }) =>
      state.data?.state === 'checked' || state.data?.state === 'done' ? false : 1000,
  }).data;
  const apply = useMutation({
    mutationFn: () => http.post<BulkBody>(`/people-bulks/${id}/apply`),
    onSuccess: () => client.invalidateQueries({ queryKey: peopleKeys.all }),
  });
  const checked = bulk?.state === 'checked';
  const done = bulk?.state === 'done';
  const units = [...(party.data ?? []), ...(admin.data ?? [])];
  const choices = {
    stage: stages.map((one) => ({ value: one as string, label: t(`common:stage.${one}`) })),
    rank: ranks.map((one) => ({ value: one as string, label: t(`common:rank.${one}`) })),
    post: posts.map((one) => ({ value: one as string, label: t(`common:post.${one}`) })),
    status: statuses.map((one) => ({ value: one as string, label: t(`common:status.${one}`) })),
    membership: [],
  };
  const chosen =
    what === 'membership'
      ? units.find((one) => one.id === value)?.name
      : choices[what].find((one) => one.value === value)?.label;
  const summary = t('people:bulk.summary', {
    what: t(`people:fact.whats.${what}`),
    value: note || chosen || '',
    from: from ?? '',
  });
  return (
    <FormDrawer
      title={ids.length > 0 ? t('people:bulk.title', { count: ids.length }) : t('people:bulk.titleAll')}
      width={520}
      onClose={onClose}
      onSave={() => (done ? onClose() : checked ? apply.mutate() : start.mutate())}
      saving={{
        isPending: start.isPending || apply.isPending || (bulk !== undefined && !checked && !done),
        error: start.error ?? apply.error,
      }}
      fields={['value', 'from', 'document', 'reason', 'unit_id', 'note']}
      verb={
        done
          ? t('ui:close')
          : checked
            ? t('people:bulk.do', { count: bulk.accepted })
            : t('people:bulk.check')
      }
      incomplete={!value || !from || (what === 'post' && !unit) || (checked && bulk.accepted === 0)}
    >
      {!bulk && (
        <>
          <FormField label={t('people:fact.what')}>
            <Select
              value={what}
              options={whats.map((one) => ({ value: one, label: t(`people:fact.whats.${one}`) }))}
              onChange={(next) => {
                setWhat((next ?? 'stage') as What);
                setValue(undefined);
              }}
            />
          </FormField>
          <FormField label={t('people:fact.value')} name="value" error={start.error}>
            {what === 'membership' ? (
              <TreeSelect rows={units} value={value} onChange={setValue} />
            ) : (
              <Select value={value} options={choices[what]} onChange={setValue} />
            )}
          </FormField>
          {what === 'post' && value === 'other' && (
            <FormField label={t('people:fact.note')} name="note" error={start.error}>
              <Input value={note} maxLength={40} onChange={setNote} />
            </FormField>
          )}
          {what === 'post' && (
            <FormField label={t('people:fact.postUnit')} name="unit_id" error={start.error}>
              <TreeSelect rows={units} value={unit} onChange={setUnit} />
            </FormField>
          )}
          <FormField label={t('people:fact.from')} name="from" error={start.error}>
            <DatePicker value={from} onChange={setFrom} />
          </FormField>
          <FormField label={t('people:fact.document')} name="document" error={start.error}>
            <Input value={document} maxLength={300} onChange={setDocument} />
          </FormField>
          <FormField
            label={t('people:fact.reason')}
            name="reason"
            error={start.error}
            hint={t('people:fact.reasonHint')}
          >
            <TextArea value={reason} maxLength={500} onChange={setReason} />
          </FormField>
        </>
      )}
      {bulk && (
        <div className="stack" aria-live="polite">
          <p>{summary}</p>
          <JobProgress
            label={t('people:bulk.progress')}
            title={t(`people:bulk.state.${bulk.state}`)}
            percent={(bulk.position / bulk.total) * 100}
            state={checked || done ? 'done' : 'running'}
            detail={t('people:bulk.counts', { accepted: bulk.accepted, refused: bulk.refused.length })}
          />
          <ul className="stack" style={{ gap: 4 }}>
            {bulk.refused.map((one) => (
              <li key={one.person_id} className="s">
                {[one.name, one.number].filter(Boolean).join(' ')}
                {colon()}
                {one.messages[language()] ?? one.reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </FormDrawer>
  );
}
