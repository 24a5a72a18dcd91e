import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CardItem } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Facts } from '@/components/ui/desk/detail-page';
import { Keyring } from '@/components/ui/desk/keyring';
import { Tag } from '@/components/ui/tag';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { isoDate, stamp } from '@/lib/time';
import { tokensQuery, useTokenDeeds, type Token, type TokenSecret } from './api/tokens';
import { OnceSecret } from './once-secret';
import { living } from './old-secret';
import { TokenDrawer } from './token-drawer';

/** The keys of programs outside: made, exchanged and revoked here; a secret is shown once. */
export function TokenList() {
  const t = useT('integrations');
  const query = useQuery(tokensQuery);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<TokenSecret>();
  const [rotating, setRotating] = useState<Token>();
  const [revoking, setRevoking] = useState<Token>();
  const { rotate, revoke } = useTokenDeeds();
  return (
    <div className="stack">
      <Keyring
        label={t('integrations:tab.tokens')}
        query={query}
        about={<About />}
        add={t('integrations:token.add')}
        onAdd={() => setAdding(true)}
        empty={{ icon: 'lock', title: t('integrations:token.none'), text: t('integrations:token.noneHint') }}
      >
        {(one: Token) => (
          <Item
            key={one.id}
            token={one}
            onRotate={() => setRotating(one)}
            onRevoke={() => setRevoking(one)}
          />
        )}
      </Keyring>
      {adding && (
        <TokenDrawer
          permissions={query.data?.permissions ?? []}
          onClose={() => setAdding(false)}
          onMade={(next) => {
            setAdding(false);
            setMade(next);
          }}
        />
      )}
      <OnceSecret
        title={t('integrations:token.secret', { name: made?.token.name ?? '' })}
        text={t('integrations:token.secretText')}
        secret={made?.secret}
        onClose={() => setMade(undefined)}
      />
      <ConfirmWithReason
        open={rotating !== undefined}
        title={t('integrations:token.rotate')}
        verb={t('integrations:token.rotate')}
        onClose={() => setRotating(undefined)}
        onConfirm={async () => setMade(await rotate.mutateAsync(rotating?.id ?? ''))}
      >
        {t('integrations:token.rotateText', { name: rotating?.name ?? '' })}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={revoking !== undefined}
        title={t('integrations:token.revoke')}
        verb={t('integrations:token.revoke')}
        withReason
        onClose={() => setRevoking(undefined)}
        onConfirm={(reason) => revoke.mutateAsync({ id: revoking?.id ?? '', reason })}
      >
        {t('integrations:token.revokeText', { name: revoking?.name ?? '' })}
      </ConfirmWithReason>
    </div>
  );
}

/** Where a program pushes to, and where it is written how. */
function About() {
  const t = useT('integrations');
  return (
    <div className="stack">
      <p>{t('integrations:token.about')}</p>
      <ul>
        {(['people', 'units', 'facts'] as const).map((kind) => (
          <li key={kind} className="row">
            <span>{t(`integrations:push.kind.${kind}`)}</span>
            <code>POST /api/v1/pushes/{kind}</code>
          </li>
        ))}
      </ul>
      <p>
        {t('integrations:token.base')} <code>{location.origin}</code>{' '}
        <a href={paths.apiDocs()} style={{ textDecoration: 'underline' }}>
          {t('integrations:token.docs')}
        </a>
      </p>
    </div>
  );
}

function Item({ token, onRotate, onRevoke }: { token: Token; onRotate: () => void; onRevoke: () => void }) {
  const t = useT('integrations');
  const old = token.state === 'active' && living(token.old_until);
  const facts = [
    {
      label: t('integrations:token.permissions'),
      value: token.permissions
        .map((one) => t(`integrations:permission.${one.replace(':', '_') as 'people_import'}`))
        .join(t('integrations:comma')),
    },
    { label: t('integrations:token.unit'), value: token.unit_name || t('integrations:token.everywhere') },
    { label: t('integrations:token.until'), value: isoDate(Date.parse(token.expires_at) - 1) },
    {
      label: t('integrations:token.lastUse'),
      value: token.last_used_at
        ? t('integrations:token.lastUsed', { when: stamp(token.last_used_at), ip: token.last_ip })
        : t('integrations:token.neverUsed'),
    },
  ];
  return (
    <CardItem
      title={
        <>
          {token.name} <code className="s">{token.prefix}…</code>{' '}
          <Tag tone={token.state === 'active' ? 'ok' : undefined}>
            {t(`integrations:token.state.${token.state}`)}
          </Tag>
        </>
      }
      detail={t('integrations:token.madeBy', { name: token.created_by, when: stamp(token.created_at) })}
    >
      <div style={{ margin: '10px 0 12px' }}>
        <Facts items={facts} />
      </div>
      {old && <p className="s">{t('integrations:token.oldUntil', { when: stamp(old) })}</p>}
      {token.state === 'active' && (
        <div className="row wrap">
          <Button small onClick={onRotate}>
            {t('integrations:token.rotate')}
          </Button>
          <Button small kind="quiet" onClick={onRevoke}>
            {t('integrations:token.revoke')}
          </Button>
        </div>
      )}
    </CardItem>
  );
}
