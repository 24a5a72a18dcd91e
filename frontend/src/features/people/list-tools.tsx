import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PeopleViewBody } from '@/api/model/peopleViewBody';
import { Button } from '@/components/ui/button';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { FormField, Input } from '@/components/ui/desk/form';
import { FormDrawer } from '@/components/ui/desk/form-drawer';
import { NumberField } from '@/components/ui/desk/number-field';
import { Select } from '@/components/ui/desk/select';
import { CheckField } from '@/components/ui/field';
import { http } from '@/lib/http';
import { useT } from '@/lib/t';
import { useUrlState } from '@/lib/url-state';
import { peopleFilters, peopleKeys } from './api/people';

/** Filters under a name, and those that need more than a choice: ages, the stage of a day. */
export function ListTools() {
  const t = useT('people', 'ui');
  const client = useQueryClient();
  const [url, setUrl] = useUrlState();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const views = useQuery({
    queryKey: [...peopleKeys.all, 'views'],
    queryFn: ({ signal }) => http.get<{ items: PeopleViewBody[] }>('/people-views', { signal }),
    select: (page) => page.items,
  });
  const refresh = { onSuccess: () => client.invalidateQueries({ queryKey: [...peopleKeys.all, 'views'] }) };
  const filter = Object.fromEntries(
    peopleFilters.flatMap((key) => (url[key] ? [[key, url[key]] as const] : [])),
  );
  const save = useMutation({
    mutationFn: () => http.post('/people-views', { name, shared, filter }),
    ...refresh,
  });
  const remove = useMutation({ mutationFn: (id: string) => http.delete(`/people-views/${id}`), ...refresh });
  const own = (views.data ?? []).filter((view) => view.own);
  const show = (id: string | undefined) => {
    const view = views.data?.find((one) => one.id === id);
    if (view) setUrl(Object.fromEntries(peopleFilters.map((key) => [key, view.filter[key]])));
  };
  return (
    <>
      <div style={{ width: 160 }}>
        <Select
          label={t('people:views.choose')}
          placeholder={t('people:views.choose')}
          value={undefined}
          options={(views.data ?? []).map((view) => ({
            value: view.id,
            label: view.own ? view.name : t('people:views.of', { name: view.name, owner: view.owner }),
          }))}
          onChange={show}
        />
      </div>
      <Button small onClick={() => setOpen(true)}>
        {t('people:views.more')}
      </Button>
      <FormDrawer
        open={open}
        title={t('people:views.more')}
        onClose={() => setOpen(false)}
        onSave={() => save.mutate(undefined, { onSuccess: () => setName('') })}
        saving={save}
        fields={['name']}
        verb={t('people:views.save')}
        incomplete={!name.trim()}
        after={
          own.length > 0 && (
            <ul
              className="stack"
              aria-label={t('people:views.own')}
              style={{ padding: 0, listStyle: 'none' }}
            >
              {own.map((view) => (
                <li key={view.id} className="row between">
                  <span>{view.name}</span>
                  <Button small kind="quiet" onClick={() => remove.mutate(view.id)}>
                    {t('people:views.remove')}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      >
        <FormField label={t('people:views.ageFrom')}>
          <NumberField
            value={url.age_from ? Number(url.age_from) : undefined}
            min={0}
            max={150}
            onChange={(age) => setUrl({ age_from: age ? String(age) : undefined })}
          />
        </FormField>
        <FormField label={t('people:views.ageTo')}>
          <NumberField
            value={url.age_to ? Number(url.age_to) : undefined}
            min={0}
            max={150}
            onChange={(age) => setUrl({ age_to: age ? String(age) : undefined })}
          />
        </FormField>
        <FormField label={t('people:views.stageOn')} hint={t('people:views.stageOnHint')}>
          <DatePicker clearable value={url.stage_on} onChange={(stage_on) => setUrl({ stage_on })} />
        </FormField>
        <FormField label={t('people:views.name')} name="name" error={save.error}>
          <Input value={name} maxLength={40} onChange={setName} />
        </FormField>
        <CheckField
          label={t('people:views.shared')}
          checked={shared}
          onChange={({ target }) => setShared(target.checked)}
        />
      </FormDrawer>
    </>
  );
}
