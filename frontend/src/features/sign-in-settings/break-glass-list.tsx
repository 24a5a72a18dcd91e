import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { breakGlassQuery, useSetBreakGlass, type BreakGlassPerson } from './api/break-glass';
import { NumberDialog } from './number-dialog';

/** Who comes in by password when the identity provider does not answer. */
export function BreakGlassList() {
  const t = useT('sign-in-settings');
  const query = useQuery(breakGlassQuery);
  const set = useSetBreakGlass();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<BreakGlassPerson>();
  return (
    <div className="stack">
      <Card className="stack">
        <span className="s">{t('sign-in-settings:glass.detail')}</span>
        <div>
          <Button small kind="primary" onClick={() => setAdding(true)}>
            {t('sign-in-settings:glass.add')}
          </Button>
        </div>
      </Card>
      <StateView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="lock" title={t('sign-in-settings:glass.none')}>
              {t('sign-in-settings:glass.noneHint')}
            </Empty>
          ) : (
            <CardList>
              {items.map((one) => (
                <CardItem
                  key={one.id}
                  title={<AppLink to={paths.staffPerson(one.id)}>{one.name}</AppLink>}
                  detail={<span className="num">{one.number}</span>}
                  side={
                    <span className="row wrap">
                      <Tag tone={one.ready ? 'ok' : 'warn'}>
                        {t(one.ready ? 'sign-in-settings:glass.ready' : 'sign-in-settings:glass.notReady')}
                      </Tag>
                      <Button small onClick={() => setRemoving(one)}>
                        {t('sign-in-settings:glass.remove')}
                      </Button>
                    </span>
                  }
                />
              ))}
            </CardList>
          )
        }
      </StateView>
      {adding && (
        <NumberDialog
          title={t('sign-in-settings:glass.add')}
          text={t('sign-in-settings:glass.addText')}
          verb={t('sign-in-settings:glass.add')}
          onClose={() => setAdding(false)}
          onConfirm={(person, reason) =>
            set
              .mutateAsync({ id: person.id, on: true, reason })
              .then(() => toast(t('sign-in-settings:glass.added')))
          }
        />
      )}
      <ConfirmWithReason
        open={removing !== undefined}
        title={t('sign-in-settings:glass.removeTitle', { name: removing?.name ?? '' })}
        verb={t('sign-in-settings:glass.remove')}
        withReason
        onClose={() => setRemoving(undefined)}
        onConfirm={(reason) =>
          set
            .mutateAsync({ id: removing?.id ?? '', on: false, reason })
            .then(() => toast(t('sign-in-settings:glass.removed')))
        }
      >
        {t('sign-in-settings:glass.removeText')}
      </ConfirmWithReason>
    </div>
  );
}
