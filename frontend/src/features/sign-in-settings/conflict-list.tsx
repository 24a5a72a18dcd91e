import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CardItem, CardList } from '@/components/ui/card';
import { Empty, StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { language } from '@/lib/language';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { conflictsQuery, useConnectionDeeds, type Conflict } from './api/connections';
import { NumberDialog } from './number-dialog';

/** Whom a provider vouched for and who matched nobody here. */
export function ConflictList() {
  const t = useT('sign-in-settings');
  const query = useQuery(conflictsQuery);
  const { resolve, link } = useConnectionDeeds();
  const [linking, setLinking] = useState<Conflict>();
  return (
    <StateView query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon="check" title={t('sign-in-settings:conflict.none')}>
            {t('sign-in-settings:conflict.noneHint')}
          </Empty>
        ) : (
          <>
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
                    <span className="row wrap">
                      <Button small kind="primary" onClick={() => setLinking(one)}>
                        {t('sign-in-settings:conflict.link')}
                      </Button>
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
                    </span>
                  }
                />
              ))}
            </CardList>
            {linking && (
              <NumberDialog
                title={t('sign-in-settings:conflict.linkTitle')}
                text={t('sign-in-settings:conflict.linkText', {
                  account: `${linking.connection_name} · ${linking.subject}`,
                })}
                verb={t('sign-in-settings:conflict.link')}
                start={linking.number}
                onClose={() => setLinking(undefined)}
                onConfirm={(person, reason) =>
                  link
                    .mutateAsync({ id: linking.id, number: person.number, reason })
                    .then(() => toast(t('sign-in-settings:conflict.linked')))
                }
              />
            )}
          </>
        )
      }
    </StateView>
  );
}
