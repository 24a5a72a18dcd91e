import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { TextField } from '@/components/ui/field';
import { PageHeader } from '@/components/ui/page-header';
import { Notice, StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { erasureQuery, useErasureDeeds, type ErasurePreview } from './erasure-api';
import { ErasureState, ErasureView } from './erasure-view';

/** 删除个人信息 of one person: what goes, what stays and why; one asks, another decides, and nothing brings it back. */
export default function ErasurePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(erasureQuery(id));
  return <StateView query={query}>{(preview) => <OfPerson preview={preview} />}</StateView>;
}

function OfPerson({ preview }: { preview: ErasurePreview }) {
  const t = useT('privacy', 'rights');
  const deeds = useErasureDeeds();
  const [asking, setAsking] = useState<'ask' | 'approve' | 'refuse'>();
  const [typed, setTyped] = useState('');
  const { latest, blockers, name, number } = preview;
  const open = latest?.state === 'requested' ? latest : undefined;
  const close = () => {
    setAsking(undefined);
    setTyped('');
  };
  return (
    <>
      <PageHeader
        title={t('privacy:erasure.title', { name })}
        detail={t('privacy:erasure.detail')}
        back={paths.staffPerson(preview.person_id)}
        actions={
          preview.erased_at ? undefined : open ? (
            <>
              {open.yours ? (
                <Button
                  small
                  busy={deeds.withdraw.isPending}
                  disabled={open.own}
                  onClick={() => deeds.withdraw.mutate(open.id)}
                >
                  {t('privacy:erasure.withdraw')}
                </Button>
              ) : (
                <>
                  <Button small onClick={() => setAsking('refuse')}>
                    {t('privacy:erasure.refuse')}
                  </Button>
                  <Button
                    small
                    kind="danger"
                    disabled={blockers.length > 0}
                    onClick={() => setAsking('approve')}
                  >
                    {t('privacy:erasure.approve')}
                  </Button>
                </>
              )}
            </>
          ) : (
            <Button
              small
              kind="danger"
              disabled={blockers.length > 0 || latest?.state === 'approved'}
              onClick={() => setAsking('ask')}
            >
              {t('privacy:erasure.request')}
            </Button>
          )
        }
      />
      <div className="stack" style={{ maxWidth: '44rem' }}>
        {preview.erased_at && (
          <Notice tone="warn" icon="alert">
            {t('privacy:erasure.erased', { when: stamp(preview.erased_at) })}
          </Notice>
        )}
        {latest && <ErasureState one={latest} />}
        <ErasureView preview={preview} />
      </div>
      <ConfirmWithReason
        open={asking === 'ask'}
        title={t('privacy:erasure.title', { name })}
        verb={t('privacy:erasure.request')}
        withReason
        minLength={2}
        onClose={close}
        onConfirm={(reason) =>
          deeds.ask
            .mutateAsync({ person: preview.person_id, reason })
            .then(() => toast(t('privacy:erasure.requested')))
        }
      >
        {t('privacy:erasure.requestText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'refuse'}
        title={t('privacy:erasure.refuse')}
        verb={t('privacy:erasure.refuse')}
        withReason
        minLength={2}
        onClose={close}
        onConfirm={(reason) => deeds.refuse.mutateAsync({ id: open?.id ?? '', reason })}
      >
        {t('privacy:erasure.refuseText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'approve'}
        title={t('privacy:erasure.approveTitle', { name })}
        verb={t('privacy:erasure.approve')}
        onClose={close}
        onConfirm={() => deeds.approve.mutateAsync({ id: open?.id ?? '', number: typed, reason: '' })}
      >
        <div className="stack">
          <Notice tone="warn" icon="alert">
            {t('privacy:erasure.approveText')}
          </Notice>
          <TextField
            label={t('privacy:erasure.type', { number })}
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </div>
      </ConfirmWithReason>
    </>
  );
}
