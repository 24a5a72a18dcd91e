import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { useT, type Say } from '@/lib/t';
import { isoDate, stamp } from '@/lib/time';
import { tokensQuery, useTokenDeeds, type Token, type TokenSecret } from './api/tokens';
import { SecretDialog } from './secret-dialog';
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
      <Card className="stack">
        <div className="s">{t('integrations:token.about')}</div>
        <code className="s" style={{ wordBreak: 'break-all' }}>
          {`POST ${location.origin}/api/v1/pushes/people · /pushes/units · /pushes/facts`}
        </code>
        <div>
          <Button small kind="primary" disabled={!query.data} onClick={() => setAdding(true)}>
            {t('integrations:token.add')}
          </Button>
        </div>
      </Card>
      <StateView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="lock" title={t('integrations:token.none')}>
              {t('integrations:token.noneHint')}
            </Empty>
          ) : (
            <CardList label={t('integrations:tab.tokens')}>
              {items.map((one) => (
                <Item
                  key={one.id}
                  token={one}
                  onRotate={() => setRotating(one)}
                  onRevoke={() => setRevoking(one)}
                />
              ))}
            </CardList>
          )
        }
      </StateView>
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
      <SecretDialog
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

function Item({ token, onRotate, onRevoke }: { token: Token; onRotate: () => void; onRevoke: () => void }) {
  const t = useT('integrations');
  const can = token.permissions.map((one) =>
    t(`integrations:permission.${one.replace(':', '_') as 'people_import'}`),
  );
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
      detail={[
        can.join(t('integrations:comma')),
        token.unit_name || t('integrations:token.everywhere'),
        t('integrations:token.goodUntil', { date: isoDate(Date.parse(token.expires_at) - 1) }),
        t('integrations:token.madeBy', { name: token.created_by, when: stamp(token.created_at) }),
        used(token, t),
      ]
        .filter(Boolean)
        .join(' · ')}
    >
      {token.state === 'active' && (
        <div className="row wrap" style={{ marginTop: 8 }}>
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

function used({ last_used_at: at, last_ip: ip, state, old_until: old }: Token, t: Say): string {
  const last = at
    ? t('integrations:token.lastUsed', { when: stamp(at), ip })
    : t('integrations:token.neverUsed');
  const overlap = old && state === 'active' && Date.parse(old) > Date.now();
  return overlap ? `${last} · ${t('integrations:token.oldUntil', { when: stamp(old) })}` : last;
}
