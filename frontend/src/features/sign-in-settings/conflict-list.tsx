import { useQuery } from '@tanstack/react-query';
import { Button } from '@/components/ui/button';
import { CardItem, CardList } from '@/components/ui/card';
import { Empty, StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { language } from '@/lib/language';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { conflictsQuery, useConnectionDeeds } from './api/connections';

/** Whom a provider vouched for and who matched nobody here. */
export function ConflictList() {
  const t = useT('sign-in-settings');
  const query = useQuery(conflictsQuery);
  const { resolve } = useConnectionDeeds();
  return (
    <StateView query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon="check" title={t('sign-in-settings:conflict.none')}>
            {t('sign-in-settings:conflict.noneHint')}
          </Empty>
        ) : (
          <CardList>
            {items.map((one) => (
              <CardItem
                key={one.id}
                title={`${one.connection_name} · ${one.subject}`}
                detail={
                  <>
                    {one.messages[language()]}
                    <span style={{ display: 'block' }}>
                      {one.number && `${t('sign-in-settings:conflict.number', { number: one.number })} · `}
                      {t('sign-in-settings:conflict.tries', {
                        count: one.tries,
                        when: whenText(one.last_at),
                      })}
                    </span>
                  </>
                }
                side={
                  <Button
                    small
                    onClick={() =>
                      resolve.mutate(one.id, {
                        onSuccess: () => toast(t('sign-in-settings:conflict.resolved')),
                      })
                    }
                  >
                    {t('sign-in-settings:conflict.resolve')}
                  </Button>
                }
              />
            ))}
          </CardList>
        )
      }
    </StateView>
  );
}
