import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CardItem } from '@/components/ui/card';
import { Dotted } from '@/components/ui/dotted';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Keyring } from '@/components/ui/desk/keyring';
import { FormProblem } from '@/components/ui/form-problem';
import { Icon } from '@/components/ui/icon';
import { Tag } from '@/components/ui/tag';
import { language } from '@/lib/language';
import { useT } from '@/lib/t';
import { connectionsQuery, useConnectionDeeds, type Connection, type Finding } from './api/connections';
import { ConnectionDrawer } from './connection-drawer';

/** The providers, each with a test that speaks to it. */
export function ConnectionList() {
  const t = useT('sign-in-settings');
  const query = useQuery(connectionsQuery);
  const [editing, setEditing] = useState<Connection | 'new'>();
  const [removing, setRemoving] = useState<Connection>();
  const { remove } = useConnectionDeeds();
  return (
    <div className="stack">
      <Keyring
        label={t('sign-in-settings:tab.connections')}
        query={query}
        about={
          <>
            {t('sign-in-settings:connection.callback')}
            <code style={{ display: 'block', wordBreak: 'break-all', userSelect: 'all' }}>
              {query.data?.callback}
            </code>
          </>
        }
        add={t('sign-in-settings:connection.add')}
        onAdd={() => setEditing('new')}
        empty={{
          icon: 'lock',
          title: t('sign-in-settings:connection.none'),
          text: t('sign-in-settings:connection.noneHint'),
        }}
      >
        {(one: Connection) => (
          <Item
            key={one.id}
            connection={one}
            onEdit={() => setEditing(one)}
            onRemove={() => setRemoving(one)}
          />
        )}
      </Keyring>
      {editing && <ConnectionDrawer start={editing} onClose={() => setEditing(undefined)} />}
      <ConfirmWithReason
        open={removing !== undefined}
        title={t('sign-in-settings:connection.remove')}
        verb={t('sign-in-settings:connection.remove')}
        onClose={() => setRemoving(undefined)}
        onConfirm={() => remove.mutateAsync(removing?.id ?? '')}
      >
        {t('sign-in-settings:connection.removeText', { name: removing?.name ?? '' })}
      </ConfirmWithReason>
    </div>
  );
}

interface ItemProps {
  connection: Connection;
  onEdit: () => void;
  onRemove: () => void;
}

function Item({ connection, onEdit, onRemove }: ItemProps) {
  const t = useT('sign-in-settings');
  const { test } = useConnectionDeeds();
  return (
    <CardItem
      title={
        <>
          {connection.name}{' '}
          <Tag tone={connection.enabled ? 'ok' : undefined}>
            {t(connection.enabled ? 'sign-in-settings:connection.on' : 'sign-in-settings:connection.off')}
          </Tag>
        </>
      }
      detail={<Dotted parts={[t(`sign-in-settings:kind.${connection.kind}`), connection.url]} />}
    >
      <div className="row wrap" style={{ marginTop: 8 }}>
        <Button small busy={test.isPending} onClick={() => test.mutate(connection.id)}>
          {t('sign-in-settings:connection.test')}
        </Button>
        <Button small onClick={onEdit}>
          {t('sign-in-settings:connection.edit')}
        </Button>
        <Button small kind="quiet" onClick={onRemove}>
          {t('sign-in-settings:connection.remove')}
        </Button>
      </div>
      <FormProblem error={test.error} />
      {test.data && <Findings findings={test.data.findings} />}
    </CardItem>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  const t = useT('sign-in-settings');
  return (
    <ul aria-live="polite" style={{ margin: '8px 0 0', padding: 0, listStyle: 'none' }}>
      {findings.map((one) => (
        <li key={one.step} className="row" style={{ alignItems: 'flex-start' }}>
          <span style={{ color: one.ok ? 'var(--ok)' : 'var(--brand)' }}>
            <Icon name={one.ok ? 'check' : 'alert'} size={18} />
          </span>
          <span className="s">
            {t(`sign-in-settings:step.${one.step as 'reach'}`)}
            {!one.ok && ` — ${one.messages[language()] ?? one.reason}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
