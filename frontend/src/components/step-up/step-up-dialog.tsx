import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { StateView } from '@/components/ui/state-view';
import { factorsQuery, useProve } from '@/lib/data/factors';
import { whenStepUp } from '@/lib/http';
import { useT } from '@/lib/t';
import { ProofForm } from './proof-form';

/** Asks again who the person is when a dangerous deed wants to know, and lets the deed go on. */
export function StepUpDialog() {
  const [open, setOpen] = useState(false);
  const answer = useRef<((proved: boolean) => void)[]>([]);
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
  // Its texts are asked for when it opens: no page waits for them.
  return <Suspense>{open && <Question onEnd={end} />}</Suspense>;
}

function Question({ onEnd }: { onEnd: (proved: boolean) => void }) {
  const t = useT('step-up', 'ui');
  const query = useQuery(factorsQuery);
  const prove = useProve('step-up');
  return (
    <Dialog open title={t('step-up:title')} onClose={() => onEnd(false)}>
      <div className="stack">
        <p className="s">{t('step-up:detail')}</p>
        <StateView query={query} compact>
          {(factors) => (
            <ProofForm
              factors={factors}
              passwordToo
              onProof={(proof) => prove.mutateAsync(proof).then(() => onEnd(true))}
              aside={<Button onClick={() => onEnd(false)}>{t('ui:cancel')}</Button>}
            />
          )}
        </StateView>
      </div>
    </Dialog>
  );
}
