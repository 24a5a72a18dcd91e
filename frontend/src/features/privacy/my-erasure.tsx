import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { erasureQuery, useErasureDeeds } from './erasure-api';
import { ErasureState, ErasureView } from './erasure-view';
import { usePrivacyText } from './text';

/** I ask to have my data erased; it waits until I am off the roll and somebody agreed. */
export function MyErasure() {
  const { t } = usePrivacyText();
  const query = useQuery(erasureQuery('me'));
  const { ask, withdraw } = useErasureDeeds();
  const [asking, setAsking] = useState(false);
  const open = query.data?.latest?.state === 'requested';
  return (
    <Section
      title={t('privacy:erasure.mine')}
      aside={
        query.data &&
        (open ? (
          <Button
            small
            busy={withdraw.isPending}
            onClick={() => withdraw.mutate(query.data?.latest?.id ?? '')}
          >
            {t('privacy:erasure.withdraw')}
          </Button>
        ) : (
          <Button small kind="danger" onClick={() => setAsking(true)}>
            {t('privacy:erasure.ask')}
          </Button>
        ))
      }
    >
      <p className="s" style={{ marginBottom: 8 }}>
        {t('privacy:erasure.mineText')}
      </p>
      {query.data?.latest && <ErasureState one={query.data.latest} />}
      <ConfirmWithReason
        open={asking}
        title={t('privacy:erasure.ask')}
        verb={t('privacy:erasure.ask')}
        withReason
        minLength={2}
        onClose={() => setAsking(false)}
        onConfirm={(reason) =>
          ask.mutateAsync({ person: 'me', reason }).then(() => toast(t('privacy:erasure.sent')))
        }
      >
        <StateView query={query}>{(preview) => <ErasureView preview={preview} />}</StateView>
      </ConfirmWithReason>
    </Section>
  );
}
