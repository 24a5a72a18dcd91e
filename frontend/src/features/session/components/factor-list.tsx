import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { StateView, SkeletonLines } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { factorsQuery, useFactorDeeds, type Factors } from '@/lib/data/factors';
import { passkeysHere } from '@/lib/passkey';
import { useSettings } from '@/lib/session';
import { useT } from '@/lib/t';
import { PasskeyItems } from './passkey-items';
import { RecoveryDialog } from './recovery-dialog';
import { TotpDialog } from './totp-dialog';

interface FactorListProps {
  /** Only what sets a first factor up. */
  first?: boolean;
  /** A factor is set up and its recovery codes were kept. */
  onEnrolled?: () => void;
}

/** Authenticator, passkeys and recovery codes, with what can be done to each. */
export function FactorList({ first = false, onEnrolled }: FactorListProps) {
  const query = useQuery(factorsQuery);
  return (
    <StateView
      query={query}
      skeleton={
        <Card pad={false}>
          <SkeletonLines />
        </Card>
      }
    >
      {(factors) => <Factors factors={factors} first={first} onEnrolled={onEnrolled} />}
    </StateView>
  );
}

function Factors({ factors, first, onEnrolled }: FactorListProps & { factors: Factors }) {
  const t = useT('security');
  const settings = useSettings();
  const deeds = useFactorDeeds();
  const [asking, setAsking] = useState<'totp' | 'remove' | 'codes'>();
  const [codes, setCodes] = useState<string[]>();
  const close = () => setAsking(undefined);
  const here = factors.passkeys_here && passkeysHere(settings?.passkey_host);
  function enrolled(fresh: string[]) {
    if (fresh.length > 0) setCodes(fresh);
    else void finish();
  }
  async function finish() {
    setCodes(undefined);
    await deeds.settled();
    onEnrolled?.();
  }
  return (
    <div className="stack">
      <CardList label={t('security:totp.title')}>
        <CardItem
          title={
            <>
              {t('security:totp.title')} {factors.totp && <Tag tone="ok">{t('security:totp.on')}</Tag>}
            </>
          }
          detail={t('security:totp.off')}
          side={
            <Button small onClick={() => setAsking(factors.totp ? 'remove' : 'totp')}>
              {t(factors.totp ? 'security:totp.remove' : 'security:totp.set')}
            </Button>
          }
        />
      </CardList>
      <PasskeyItems factors={factors} here={here} onAdded={enrolled} />
      {!first && (factors.totp || factors.passkeys.length > 0) && (
        <CardList label={t('security:recovery.title')}>
          <CardItem
            title={t('security:recovery.title')}
            detail={
              <>
                {t('security:recovery.detail')}
                <span className="nowrap">
                  {t('security:recovery.left', { count: factors.recovery_left })}
                </span>
              </>
            }
            side={
              <Button small onClick={() => setAsking('codes')}>
                {t('security:recovery.new')}
              </Button>
            }
          />
        </CardList>
      )}
      <TotpDialog
        open={asking === 'totp'}
        onClose={close}
        onDone={(fresh) => {
          close();
          toast(t('security:totp.done'));
          enrolled(fresh);
        }}
      />
      <RecoveryDialog codes={codes} onClose={() => void finish()} />
      <ConfirmWithReason
        open={asking === 'remove'}
        title={t('security:totp.title')}
        verb={t('security:totp.remove')}
        onClose={close}
        onConfirm={() => deeds.removeTotp.mutateAsync().then(() => toast(t('security:totp.removed')))}
      >
        {t('security:totp.removeText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'codes'}
        title={t('security:recovery.title')}
        verb={t('security:recovery.new')}
        onClose={close}
        onConfirm={() => deeds.newCodes.mutateAsync().then((reply) => setCodes(reply.recovery_codes))}
      >
        {t('security:recovery.newText')}
      </ConfirmWithReason>
    </div>
  );
}
