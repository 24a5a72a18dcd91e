import { useQuery } from '@tanstack/react-query';
import type { WatchBody } from '@/api/model/watchBody';
import type { WatchesOutputBody } from '@/api/model/watchesOutputBody';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Dotted } from '@/components/ui/dotted';
import { Empty, StateView } from '@/components/ui/state-view';
import { http } from '@/lib/http';
import { useRoleName } from '@/lib/roles';
import { useT, type Say } from '@/lib/t';

/** 谁能看到我的资料: the roles over one's units, through which unit, and kinds of data; not the names of rights. */
export function WatchersSection() {
  const t = useT('me');
  const query = useQuery({
    queryKey: ['me', 'data', 'watchers'],
    queryFn: ({ signal }) => http.get<WatchesOutputBody>('/me/watchers', { signal }),
  });
  const nameOf = useRoleName(query.data?.items.map((one) => one.role));
  return (
    <Section title={t('me:data.watchers')}>
      <StateView
        query={query}
        compact
        isEmpty={({ items, programs }) => items.length + programs.length === 0}
        empty={
          <Card>
            <Empty compact title={t('me:data.noWatchers')} />
          </Card>
        }
      >
        {({ items, programs }) => (
          <div className="stack">
            <CardList label={t('me:data.watchers')}>
              {items.map((one) => (
                <CardItem
                  key={`${one.role} ${one.unit_name} ${one.through_unit}`}
                  title={t('me:data.watch', {
                    role: nameOf(one.role),
                    unit: one.unit_name || t('me:data.everywhere'),
                  })}
                  detail={
                    <Dotted
                      parts={[
                        holders(one, t),
                        one.through_unit &&
                          one.through_unit !== one.unit_name &&
                          t('me:data.through', { unit: one.through_unit }),
                        sees(one.sees, t),
                      ]}
                    />
                  }
                />
              ))}
              {programs.map((one) => (
                <CardItem
                  key={one.name}
                  title={t('me:data.program', { name: one.name })}
                  detail={<Dotted parts={[one.unit_name || t('me:data.everywhere'), sees(one.sees, t)]} />}
                />
              ))}
            </CardList>
            <p className="xs">{t('me:data.watchersHint')}</p>
          </div>
        )}
      </StateView>
    </Section>
  );
}

function holders({ names, people }: WatchBody, t: Say): string {
  if (names.length === 0) return t('me:data.holders', { count: people });
  const listed = names.join(t('me:data.comma'));
  return people > names.length ? t('me:data.namesMore', { names: listed, count: people }) : listed;
}

function sees(kinds: string[], t: Say): string {
  const what = kinds.map((one) => t(`me:data.sees.${one as 'record'}`)).join(t('me:data.comma'));
  return t('me:data.canSee', { what });
}
