import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from '../button';
import { Card, CardList } from '../card';
import type { IconName } from '../icon';
import { Empty, StateView } from '../state-view';

interface KeyringProps<T, L extends { items: T[] }> {
  /** Accessible name of the list. */
  label: string;
  query: UseQueryResult<L>;
  /** What these things are for, before the button. */
  about: ReactNode;
  /** The words on the button that makes one. */
  add: string;
  onAdd: () => void;
  empty: { icon: IconName; title: string; text: string };
  /** One of them, as a CardItem. */
  children: (item: T) => ReactNode;
}

/** The few things an institution keeps for other systems (tokens, webhooks, providers): what for, make one, and each as a card. */
export function Keyring<T, L extends { items: T[] }>(props: KeyringProps<T, L>) {
  const { label, query, about, add, onAdd, empty, children } = props;
  return (
    <>
      <Card className="stack">
        <div className="s">{about}</div>
        <div>
          <Button small kind="primary" disabled={!query.data} onClick={onAdd}>
            {add}
          </Button>
        </div>
      </Card>
      <StateView
        query={query}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty icon={empty.icon} title={empty.title}>
            {empty.text}
          </Empty>
        }
      >
        {({ items }) => <CardList label={label}>{items.map(children)}</CardList>}
      </StateView>
    </>
  );
}
