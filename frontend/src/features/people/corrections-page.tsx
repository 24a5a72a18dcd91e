import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PersonCorrectionBody } from '@/api/model/personCorrectionBody';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Input } from '@/components/ui/desk/form';
import { PageHeader } from '@/components/ui/page-header';
import { toast } from '@/components/ui/toast';
import { colon } from '@/lib/language';
import { useSayCrumb } from '@/lib/crumb';
import { http, withQuery, type Page } from '@/lib/http';
import { isRank, isStage } from '@/lib/org';
import { paths } from '@/lib/paths';
import { useT, type Say } from '@/lib/t';
import { stamp } from '@/lib/time';
import { peopleKeys } from './api/people';

/** What people ask to have corrected in their own record. */
export default function Corrections() {
  const t = useT('people', 'common');
  const client = useQueryClient();
  useSayCrumb(t('people:corrections.title'));
  const [deciding, setDeciding] = useState<{ one: PersonCorrectionBody; verb: 'approve' | 'decline' }>();
  const [document, setDocument] = useState('');
  const decide = useMutation({
    mutationFn: (reason: string) =>
      http.post(`/person-corrections/${deciding?.one.id}/${deciding?.verb}`, {
        reason,
        ...(deciding?.verb === 'approve' && { document }),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: peopleKeys.all }),
  });
  const columns: Column<PersonCorrectionBody>[] = [
    {
      key: 'who',
      title: t('people:column.name'),
      always: true,
      render: (one) => (
        <div>
          <AppLink to={paths.staffPerson(one.person_id)}>{one.name}</AppLink>
          <div className="xs num">{one.number}</div>
        </div>
      ),
    },
    {
      key: 'field',
      title: t('people:corrections.field'),
      render: (one) => t(`people:corrections.fields.${one.field}`),
    },
    { key: 'current', title: t('people:corrections.current'), render: (one) => say(one.current, t) || '—' },
    {
      key: 'value',
      title: t('people:corrections.value'),
      render: (one) => [one.value_label || say(one.value, t), one.from].filter(Boolean).join(' · '),
    },
    { key: 'note', title: t('people:corrections.note'), wrap: '24ch', render: (one) => one.note },
    { key: 'at', title: t('people:corrections.at'), render: (one) => stamp(one.created_at) },
    {
      key: 'deeds',
      title: t('people:corrections.deeds'),
      always: true,
      wide: true,
      render: (one) => (
        <span className="row wrap">
          <Button small kind="primary" onClick={() => setDeciding({ one, verb: 'approve' })}>
            {t('people:corrections.approve')}
          </Button>
          <Button small onClick={() => setDeciding({ one, verb: 'decline' })}>
            {t('people:corrections.decline')}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <PageHeader
        title={t('people:corrections.title')}
        detail={t('people:corrections.detail')}
        back={paths.staffPeople()}
      />
      <DataTable<PersonCorrectionBody>
        name="corrections"
        label={t('people:corrections.title')}
        queryKey={[...peopleKeys.all, 'corrections']}
        load={({ page_token }, signal) =>
          http.get<Page<PersonCorrectionBody>>(withQuery('/person-corrections', { page_token }), { signal })
        }
        columns={columns}
        rowKey={(one) => one.id}
        empty={{ title: t('people:corrections.none') }}
      />
      <ConfirmWithReason
        open={deciding !== undefined}
        title={deciding ? t(`people:corrections.ask.${deciding.verb}`, { name: deciding.one.name }) : ''}
        verb={deciding ? t(`people:corrections.${deciding.verb}`) : ''}
        withReason={deciding?.verb === 'decline'}
        onClose={() => setDeciding(undefined)}
        onConfirm={(reason) => decide.mutateAsync(reason).then(() => toast(t('people:corrections.decided')))}
      >
        {deciding && (
          <span className="stack">
            <span>
              {t(`people:corrections.fields.${deciding.one.field}`)}
              {colon()}
              {say(deciding.one.current, t) || '—'} → {deciding.one.value_label || say(deciding.one.value, t)}
            </span>
            {deciding.verb === 'approve' && deciding.one.field === 'stage' && (
              <Input
                label={t('people:fact.document')}
                placeholder={t('people:fact.document')}
                value={document}
                onChange={setDocument}
              />
            )}
          </span>
        )}
      </ConfirmWithReason>
    </>
  );
}

/** A stage, a rank or a gender in words; anything else as it is. */
function say(value: string, t: Say): string {
  if (isStage(value)) return t(`common:stage.${value}`);
  if (isRank(value)) return t(`common:rank.${value}`);
  if (value === 'female' || value === 'male') return t(`people:gender.${value}`);
  return value;
}
