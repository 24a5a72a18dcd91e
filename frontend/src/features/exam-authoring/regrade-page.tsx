import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { FormProblem } from '@/components/ui/form-problem';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { useSayCrumb } from '@/lib/crumb';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { markingQuery, useRegrade, type Correction, type Marking, type Preview } from './api/amends';
import { CorrectionList } from './components/correction-list';
import { RegradeHistory } from './components/regrade-history';
import { RegradePreview } from './components/regrade-preview';
import styles from './components/regrade.module.css';

/** Corrects how an exam is marked: choose, try, apply. Nothing changes before the last step. */
export default function RegradePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(markingQuery(id));
  return (
    <StateView query={query}>
      {(marking) => <Workbench key={marking.last_regrade_id} marking={marking} />}
    </StateView>
  );
}

function Workbench({ marking }: { marking: Marking }) {
  const t = useT('exam-amend');
  const navigate = useNavigate();
  const regrade = useRegrade(marking.exam_id);
  const [corrections, setCorrections] = useState<Correction[]>(marking.corrections);
  const [preview, setPreview] = useState<Preview>();
  const [asking, setAsking] = useState(false);
  useSayCrumb(marking.title);
  function change(next: Correction[]) {
    setCorrections(next);
    setPreview(undefined);
    regrade.preview.reset();
  }
  return (
    <>
      <PageHeader
        title={t('exam-amend:regrade.title')}
        detail={
          <>
            <AppLink to={paths.staffExam(marking.exam_id)}>{marking.title}</AppLink> ·{' '}
            {t('exam-amend:regrade.detail')}
          </>
        }
      />
      <div className="stack">
        <RegradeHistory examId={marking.exam_id} />
        <CorrectionList items={marking.items} corrections={corrections} onChange={change} />
        <FormProblem error={regrade.preview.error} />
        {preview && <RegradePreview preview={preview} />}
        <div className={styles.bar}>
          <span className="s">
            {corrections.length > 0
              ? t('exam-amend:regrade.changed', { count: corrections.length })
              : t('exam-amend:regrade.none')}
          </span>
          <span className="row wrap">
            {corrections.length > 0 && (
              <Button small kind="quiet" onClick={() => change([])}>
                {t('exam-amend:regrade.reset')}
              </Button>
            )}
            <Button
              small
              kind={preview ? 'plain' : 'primary'}
              busy={regrade.preview.isPending}
              onClick={() => regrade.preview.mutate(corrections, { onSuccess: setPreview })}
              data-testid="try"
            >
              {t('exam-amend:regrade.try')}
            </Button>
            {preview && (
              <Button small kind="primary" onClick={() => setAsking(true)} data-testid="apply">
                {t('exam-amend:regrade.apply')}
              </Button>
            )}
          </span>
        </div>
      </div>
      {preview && (
        <ConfirmWithReason
          open={asking}
          title={t('exam-amend:regrade.applyTitle')}
          verb={t('exam-amend:regrade.apply')}
          withReason
          onClose={() => setAsking(false)}
          onConfirm={async (reason) => {
            await regrade.apply.mutateAsync({
              items: corrections,
              last_regrade_id: marking.last_regrade_id,
              reason,
            });
            toast(t('exam-amend:regrade.started'));
            void navigate({ to: paths.staffExam(marking.exam_id) });
          }}
        >
          {t('exam-amend:regrade.applyText', {
            changed: preview.changed,
            toPass: preview.to_pass,
            toFail: preview.to_fail,
          })}
        </ConfirmWithReason>
      )}
    </>
  );
}
