import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DuplicateBody } from '@/api/model/duplicateBody';
import type { PersonBody } from '@/api/model/personBody';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Dotted } from '@/components/ui/dotted';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { useSayCrumb } from '@/lib/crumb';
import { http } from '@/lib/http';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { peopleKeys } from './api/people';

/** Records that may be of one human being. A merge leaves both as they are and can be undone on the person's page. */
export default function Duplicates() {
  const t = useT('people', 'common');
  const client = useQueryClient();
  const query = useQuery({
    queryKey: [...peopleKeys.all, 'duplicates'],
    queryFn: ({ signal }) => http.get<{ items: DuplicateBody[] }>('/people-duplicates', { signal }),
    select: (page) => page.items,
  });
  useSayCrumb(t('people:duplicates.title'));
  const [asking, setAsking] = useState<{ keep: PersonBody; others: PersonBody[] }>();
  const merge = useMutation({
    mutationFn: async (reason: string) => {
      for (const other of asking?.others ?? [])
        await http.post(`/people/${other.id}/merge`, { into_id: asking?.keep.id, reason });
    },
    onSettled: () => client.invalidateQueries({ queryKey: peopleKeys.all }),
  });
  return (
    <>
      <PageHeader
        title={t('people:duplicates.title')}
        detail={t('people:duplicates.detail')}
        back={paths.staffPeople()}
      />
      <StateView
        query={query}
        isEmpty={(groups) => groups.length === 0}
        empty={
          <Card>
            <Empty title={t('people:duplicates.none')} />
          </Card>
        }
      >
        {(groups) => (
          <div className="stack">
            {groups.map((group) => (
              <Card key={group.why + group.people.map((person) => person.id).join()} className="stack">
                <div>
                  <Tag tone={group.why === 'id_card' ? 'warn' : undefined}>
                    {t(`people:duplicates.why.${group.why}`)}
                  </Tag>
                </div>
                {group.people.map((person) => (
                  <div key={person.id} className="row between">
                    <div className="grow">
                      <AppLink to={paths.staffPerson(person.id)}>
                        <b>{person.name}</b>
                      </AppLink>{' '}
                      <span className="num">{person.number}</span>
                      <div className="xs">
                        <Dotted
                          parts={[
                            t(`common:kind.${person.kind}`),
                            person.party_unit_name,
                            person.admin_unit_name,
                          ]}
                        />
                      </div>
                    </div>
                    <Button
                      small
                      onClick={() =>
                        setAsking({
                          keep: person,
                          others: group.people.filter((one) => one.id !== person.id),
                        })
                      }
                    >
                      {t('people:duplicates.keep')}
                    </Button>
                  </div>
                ))}
              </Card>
            ))}
          </div>
        )}
      </StateView>
      <ConfirmWithReason
        open={asking !== undefined}
        title={t('people:duplicates.ask')}
        verb={t('people:duplicates.merge')}
        withReason
        onClose={() => setAsking(undefined)}
        onConfirm={(reason) => merge.mutateAsync(reason).then(() => toast(t('people:duplicates.merged')))}
      >
        {asking &&
          t('people:duplicates.text', {
            keep: `${asking.keep.name} ${asking.keep.number}`,
            others: asking.others.map((one) => one.number).join('、'),
          })}
      </ConfirmWithReason>
    </>
  );
}
