import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CardItem, CardList } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { toast } from '@/components/ui/toast';
import { useFactorDeeds, type Factors, type Passkey } from '@/lib/data/factors';
import { passkeyCancelled } from '@/lib/passkey';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';

interface PasskeyItemsProps {
  factors: Factors;
  /** The browser allows passkeys at this address. */
  here: boolean;
  onAdded: (recoveryCodes: string[]) => void;
}

/** The passkeys, each with its name and last use; where browsers do not allow them, why. */
export function PasskeyItems({ factors, here, onAdded }: PasskeyItemsProps) {
  const t = useT('security', 'ui');
  const deeds = useFactorDeeds();
  const [naming, setNaming] = useState<Passkey | 'new'>();
  const [name, setName] = useState('');
  const [removing, setRemoving] = useState<Passkey>();
  const busy = deeds.addPasskey.isPending || deeds.renamePasskey.isPending;
  const error = naming === 'new' ? deeds.addPasskey.error : deeds.renamePasskey.error;

  function ask(which: Passkey | 'new') {
    deeds.addPasskey.reset();
    deeds.renamePasskey.reset();
    setName(which === 'new' ? t('security:passkeys.nameDefault') : which.name);
    setNaming(which);
  }
  function submit() {
    if (naming === 'new') {
      deeds.addPasskey.mutate(name, {
        onSuccess: (reply) => {
          setNaming(undefined);
          toast(t('security:passkeys.added'));
          onAdded(reply.recovery_codes);
        },
      });
    } else if (naming) {
      deeds.renamePasskey.mutate({ id: naming.id, name }, { onSuccess: () => setNaming(undefined) });
    }
  }
  return (
    <>
      <CardList label={t('security:passkeys.title')}>
        <CardItem
          title={t('security:passkeys.title')}
          detail={t(here ? 'security:passkeys.detail' : 'security:passkeys.elsewhere')}
          side={
            here && (
              <Button small onClick={() => ask('new')}>
                {t('security:passkeys.add')}
              </Button>
            )
          }
        />
        {factors.passkeys.map((key) => (
          <CardItem
            key={key.id}
            title={key.name}
            detail={
              key.last_used_at
                ? t('security:passkeys.used', { when: whenText(key.last_used_at) })
                : t('security:passkeys.made', { when: whenText(key.created_at) })
            }
            side={
              <span className="row">
                <Button small kind="quiet" onClick={() => ask(key)}>
                  {t('security:passkeys.rename')}
                </Button>
                <Button small onClick={() => setRemoving(key)}>
                  {t('security:passkeys.remove')}
                </Button>
              </span>
            }
          />
        ))}
      </CardList>
      <Dialog
        open={naming !== undefined}
        title={t('security:passkeys.title')}
        onClose={() => setNaming(undefined)}
        locked={busy}
        footer={
          <>
            <Button onClick={() => setNaming(undefined)} disabled={busy}>
              {t('ui:cancel')}
            </Button>
            <Button kind="primary" busy={busy} disabled={name.trim() === ''} onClick={submit}>
              {t(naming === 'new' ? 'security:passkeys.create' : 'security:passkeys.save')}
            </Button>
          </>
        }
      >
        <div className="stack">
          <TextField
            label={t('security:passkeys.name')}
            hint={t('security:passkeys.nameHint')}
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.target.value)}
          />
          {!passkeyCancelled(error) && <FormProblem error={error} />}
        </div>
      </Dialog>
      <ConfirmWithReason
        open={removing !== undefined}
        title={t('security:passkeys.title')}
        verb={t('security:passkeys.remove')}
        onClose={() => setRemoving(undefined)}
        onConfirm={() =>
          deeds.removePasskey
            .mutateAsync(removing?.id ?? '')
            .then(() => toast(t('security:passkeys.removed')))
        }
      >
        {t('security:passkeys.removeText', { name: removing?.name ?? '' })}
      </ConfirmWithReason>
    </>
  );
}
