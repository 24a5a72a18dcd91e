import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { CheckField } from '@/components/ui/field';
import { Notice } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { useAmend } from '../api/amends';
import type { Evidence } from '../api/exams';

/** Takes an attempt out for good, with a reason; there is no way back and the dialog says so. */
export function VoidAttempt({ evidence }: { evidence: Evidence }) {
  const t = useT('exam-amend');
  const session = useSession();
  const { attempt } = evidence;
  const amend = useAmend(attempt.id);
  const [asking, setAsking] = useState(false);
  const [counts, setCounts] = useState(false);
  const may =
    can(session, [permissions.staff.amend]) &&
    attempt.state !== 'voided' &&
    attempt.person_id !== session.person.id;
  if (!may) return null;
  return (
    <>
      <Button small kind="danger" onClick={() => setAsking(true)} data-testid="void-attempt">
        {t('exam-amend:void.verb')}
      </Button>
      <ConfirmWithReason
        open={asking}
        title={t('exam-amend:void.title', { name: attempt.person_name })}
        verb={t('exam-amend:void.verb')}
        withReason
        onClose={() => setAsking(false)}
        onConfirm={(reason) =>
          amend.void.mutateAsync({ reason, counts }).then(() => toast(t('exam-amend:void.done')))
        }
      >
        <div className="stack">
          <p>{t('exam-amend:void.text')}</p>
          <CheckField
            label={t('exam-amend:void.counts')}
            checked={counts}
            onChange={(event) => setCounts(event.target.checked)}
          />
          <p className="xs">{t('exam-amend:void.countsHint')}</p>
        </div>
      </ConfirmWithReason>
    </>
  );
}

/** Who voided the attempt and why. */
export function VoidedNotice({ evidence }: { evidence: Evidence }) {
  const t = useT('exam-amend');
  if (!evidence.void) return null;
  const { by_name: by, at, reason, counts } = evidence.void;
  return (
    <Notice tone="accent" icon="alert">
      {t('exam-amend:void.was', { by, when: stamp(at), reason })}
      {counts && ` ${t('exam-amend:void.wasCounting')}`}
    </Notice>
  );
}
