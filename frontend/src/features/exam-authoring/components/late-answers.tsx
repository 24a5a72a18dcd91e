import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Notice } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { clockSeconds, isoDate, stamp } from '@/lib/time';
import { useAmend, type Inclusion } from '../api/amends';
import type { Evidence } from '../api/exams';
import styles from '../exam-authoring.module.css';

type Asking = { deed: 'propose' } | { deed: 'approve' | 'decline'; inclusion: Inclusion };

/** Sealed late answers of an attempt: one person proposes to include them, another decides. */
export function LateAnswers({ evidence }: { evidence: Evidence }) {
  const t = useT('exam-amend');
  const session = useSession();
  const { attempt } = evidence;
  const amend = useAmend(attempt.id);
  const [chosen, setChosen] = useState<string[]>([]);
  const [asking, setAsking] = useState<Asking>();
  const late = evidence.operations.filter((operation) => operation.late);
  if (late.length === 0) return null;
  const sealed = late.filter((operation) => !operation.included);
  const open = evidence.inclusions.find((one) => one.state === 'open');
  const mine = attempt.person_id === session.person.id;
  const proposes =
    can(session, [permissions.staff.amend]) &&
    !mine &&
    !open &&
    attempt.state === 'graded' &&
    sealed.length > 0;
  const decides =
    open && can(session, [permissions.staff.approve]) && !mine && open.proposed_by !== session.person.id;
  const items = new Map(evidence.items.map((item) => [item.number, item]));
  const count = chosen.length || sealed.length;
  const close = () => setAsking(undefined);
  async function confirm(reason: string) {
    if (!asking) return;
    if (asking.deed === 'propose') {
      await amend.propose.mutateAsync({ reason, op_ids: chosen.length > 0 ? chosen : undefined });
      setChosen([]);
      toast(t('exam-amend:late.proposed'));
      return;
    }
    await amend.decide.mutateAsync({ id: asking.inclusion.id, verb: asking.deed, reason });
    toast(t(asking.deed === 'approve' ? 'exam-amend:late.doneApprove' : 'exam-amend:late.doneDecline'));
  }
  return (
    <Section title={t('exam-amend:late.section', { count: late.length })}>
      <div className="stack">
        <p className="s">{t('exam-amend:late.text')}</p>
        {evidence.inclusions.map((one) => (
          <Proposal key={one.id} inclusion={one}>
            {one.id === open?.id &&
              (decides ? (
                <span className="row wrap">
                  <Button
                    small
                    kind="primary"
                    onClick={() => setAsking({ deed: 'approve', inclusion: one })}
                    data-testid="approve-late"
                  >
                    {t('exam-amend:late.approve')}
                  </Button>
                  <Button small onClick={() => setAsking({ deed: 'decline', inclusion: one })}>
                    {t('exam-amend:late.decline')}
                  </Button>
                </span>
              ) : (
                <span>{t('exam-amend:late.another')}</span>
              ))}
          </Proposal>
        ))}
        <Card pad={false}>
          <ul className={styles.late}>
            {late.map((operation) => {
              const item = items.get(operation.number);
              const at = `${isoDate(operation.received_at)} ${clockSeconds(operation.received_at)}`;
              return (
                <li key={operation.op_id} data-testid="late-answer">
                  {proposes && !operation.included ? (
                    <input
                      type="checkbox"
                      checked={chosen.includes(operation.op_id)}
                      aria-label={t('exam-amend:late.choose', {
                        number: item?.shown ?? operation.number,
                        at,
                      })}
                      onChange={(event) =>
                        setChosen(
                          event.target.checked
                            ? [...chosen, operation.op_id]
                            : chosen.filter((id) => id !== operation.op_id),
                        )
                      }
                    />
                  ) : null}
                  <span className="grow">
                    <span className="xs num">
                      {t('exam-amend:regrade.number', { number: item?.shown ?? operation.number })} · {at}
                    </span>
                    <span className="clamp2">{item?.stem}</span>
                    <span className="s">
                      {operation.value
                        .map((id) => item?.options.find((option) => option.id === id)?.text ?? id)
                        .join('、') || '—'}
                    </span>
                  </span>
                  {operation.included && <Tag tone="ok">{t('exam-amend:late.included')}</Tag>}
                </li>
              );
            })}
          </ul>
        </Card>
        {proposes && (
          <div>
            <Button small onClick={() => setAsking({ deed: 'propose' })} data-testid="propose-late">
              {chosen.length > 0
                ? t('exam-amend:late.proposeSome', { count: chosen.length })
                : t('exam-amend:late.propose')}
            </Button>
          </div>
        )}
      </div>
      <ConfirmWithReason
        open={asking !== undefined}
        title={
          asking?.deed === 'propose'
            ? t('exam-amend:late.proposeTitle', { count })
            : asking?.deed === 'approve'
              ? t('exam-amend:late.approveTitle', { count: asking.inclusion.op_ids?.length ?? 0 })
              : t('exam-amend:late.declineTitle')
        }
        verb={t(`exam-amend:late.${asking?.deed ?? 'propose'}`)}
        withReason
        onClose={close}
        onConfirm={confirm}
      >
        <div className="stack">
          <p>{t(`exam-amend:late.${asking?.deed ?? 'propose'}Text`)}</p>
          {asking && asking.deed !== 'propose' && (
            <p className="s">
              {t('exam-amend:late.proposer', {
                by: asking.inclusion.proposed_by_name,
                reason: asking.inclusion.reason,
              })}
            </p>
          )}
        </div>
      </ConfirmWithReason>
    </Section>
  );
}

function Proposal({ inclusion, children }: { inclusion: Inclusion; children: React.ReactNode }) {
  const t = useT('exam-amend');
  const count = inclusion.op_ids?.length ?? 0;
  const words =
    inclusion.state === 'open'
      ? t('exam-amend:late.waiting', {
          by: inclusion.proposed_by_name,
          when: stamp(inclusion.proposed_at),
          count,
          reason: inclusion.reason,
        })
      : t(`exam-amend:late.${inclusion.state}`, {
          by: inclusion.decided_by_name,
          when: inclusion.decided_at ? stamp(inclusion.decided_at) : '',
          count,
          reason: inclusion.decision_reason,
        });
  return (
    <Notice tone={inclusion.state === 'approved' ? 'ok' : inclusion.state === 'open' ? 'warn' : 'plain'}>
      <span className="stack" style={{ gap: 8 }} data-testid={`proposal-${inclusion.state}`}>
        <span>{words}</span>
        {inclusion.state !== 'open' && (
          <span>
            {t('exam-amend:late.proposer', { by: inclusion.proposed_by_name, reason: inclusion.reason })}
          </span>
        )}
        {children}
      </span>
    </Notice>
  );
}
