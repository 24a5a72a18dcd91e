import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { JobProgress } from '@/components/ui/job-progress';
import { toast } from '@/components/ui/toast';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { examKeys } from '../api/exams';
import { regradesQuery, useRegrade, type Regrade } from '../api/amends';

/** The regrades of an exam with their progress; the newest can be undone. */
export function RegradeHistory({ examId }: { examId: string }) {
  const t = useT('exam-amend');
  const session = useSession();
  const regrades = useQuery(regradesQuery(examId)).data ?? [];
  const { undo } = useRegrade(examId);
  useFreshResults(examId, regrades[0] && `${regrades[0].id} ${regrades[0].state}`);
  const [asking, setAsking] = useState<Regrade>();
  if (regrades.length === 0) return null;
  const may = can(session, [permissions.staff.amend]) && regrades[0]?.state === 'done';
  return (
    <Section title={t('exam-amend:regrade.history')}>
      <Card>
        <ul className="stack">
          {regrades.map((one, index) => (
            <li key={one.id} data-testid="regrade" data-state={one.state}>
              <JobProgress
                title={`${t('exam-amend:regrade.line', { number: one.number })} · ${t(
                  one.undoes_id ? 'exam-amend:regrade.undid' : 'exam-amend:regrade.title',
                )}`}
                label={t('exam-amend:regrade.line', { number: one.number })}
                percent={one.progress}
                state={one.state}
                detail={
                  <>
                    {one.state === 'running'
                      ? t('exam-amend:regrade.running', { graded: one.graded, attempts: one.attempts })
                      : t('exam-amend:regrade.lineResult', {
                          changed: one.changed,
                          toPass: one.to_pass,
                          toFail: one.to_fail,
                        })}
                    <br />
                    {t('exam-amend:regrade.lineDetail', {
                      by: one.created_by_name,
                      when: stamp(one.created_at),
                      reason: one.reason,
                    })}
                  </>
                }
                actions={
                  may && index === 0 ? (
                    <Button small onClick={() => setAsking(one)} data-testid="undo-regrade">
                      {t('exam-amend:regrade.undo')}
                    </Button>
                  ) : undefined
                }
              />
            </li>
          ))}
        </ul>
      </Card>
      <ConfirmWithReason
        open={asking !== undefined}
        title={t('exam-amend:regrade.undoTitle', { number: asking?.number ?? 0 })}
        verb={t('exam-amend:regrade.undo')}
        withReason
        onClose={() => setAsking(undefined)}
        onConfirm={async (reason) => {
          if (!asking) return;
          await undo.mutateAsync({ id: asking.id, reason });
          toast(t('exam-amend:regrade.undone'));
        }}
      >
        {t('exam-amend:regrade.undoText')}
      </ConfirmWithReason>
    </Section>
  );
}

/** When a regrade is done, the numbers and the roster below it are asked for again. */
function useFreshResults(examId: string, newest: string | undefined): void {
  const client = useQueryClient();
  const seen = useRef(newest);
  useEffect(() => {
    if (seen.current === newest) return;
    const first = seen.current === undefined;
    seen.current = newest;
    if (!first) void client.invalidateQueries({ queryKey: examKeys.results(examId) });
  }, [client, examId, newest]);
}
