import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { StateView } from '@/components/ui/state-view';
import { factorsQuery, useProve } from '@/lib/data/factors';
import { whenStepUp } from '@/lib/http';
import { useT } from '@/lib/t';
import { ProofForm } from './proof-form';

/** Asks again who the person is when a dangerous deed wants to know, and lets the deed go on. */
export function StepUpDialog() {
  const t = useT('step-up', 'ui');
  const [open, setOpen] = useState(false);
  const answer = useRef<((proved: boolean) => void)[]>([]);
  const query = useQuery({ ...factorsQuery, enabled: open });
  const prove = useProve('step-up');
  useEffect(
    () =>
      whenStepUp(
        () =>
          new Promise((resolve) => {
            answer.current.push(resolve);
            setOpen(true);
          }),
      ),
    [],
  );
  function end(proved: boolean) {
    setOpen(false);
    for (const resolve of answer.current.splice(0)) resolve(proved);
  }
  return (
    <Dialog open={open} title={t('step-up:title')} onClose={() => end(false)}>
      <div className="stack">
        <p className="s">{t('step-up:detail')}</p>
        <StateView query={query} compact>
          {(factors) => (
            <ProofForm
              factors={factors}
              passwordToo
              onProof={(proof) => prove.mutateAsync(proof).then(() => end(true))}
              aside={<Button onClick={() => end(false)}>{t('ui:cancel')}</Button>}
            />
          )}
        </StateView>
      </div>
    </Dialog>
  );
}
