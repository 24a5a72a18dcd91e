import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { JobProgress } from '@/components/ui/job-progress';
import { PageHeader } from '@/components/ui/page-header';
import { StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { useSayCrumb } from '@/lib/crumb';
import { group } from '@/lib/hours';
import { language } from '@/lib/language';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { stamp } from '@/lib/time';
import { stateTone } from './index';
import { importQuery, reportUrl, useImportDeeds, working, type PeopleImport } from './api/imports';
import { ImportMapping } from './mapping';
import { ImportRows } from './rows';
import styles from './people-import.module.css';

const judged = new Set(['previewed', 'applying', 'applied', 'undoing', 'undone']);

/** One import from its file to the people it made, and back. */
export default function ImportPage() {
  const { id = '' } = useParams({ strict: false });
  const query = useQuery(importQuery(id));
  return <StateView query={query}>{(one) => <Import of={one} />}</StateView>;
}

function Import({ of }: { of: PeopleImport }) {
  const t = useT('people-import', 'ui');
  const { apply, undo } = useImportDeeds(of.id);
  useSayCrumb(of.filename);
  const [asking, setAsking] = useState<'apply' | 'undo' | 'map'>();
  const mapping = of.mine && of.kept && (of.state === 'read' || of.state === 'failed' || asking === 'map');
  return (
    <>
      <PageHeader
        title={of.filename}
        detail={t('people-import:uploaded', { when: stamp(of.created_at) })}
        tags={<Tag tone={stateTone[of.state]}>{t(`people-import:state.${of.state}`)}</Tag>}
        back={paths.staffImports()}
        actions={
          judged.has(of.state) &&
          of.kept && (
            <>
              <a className={buttonClass({ small: true })} href={reportUrl(of.id, 'xlsx')} download>
                {t('people-import:report.xlsx')}
              </a>
              <a
                className={buttonClass({ small: true, kind: 'quiet' })}
                href={reportUrl(of.id, 'csv')}
                download
              >
                {t('people-import:report.csv')}
              </a>
            </>
          )
        }
      />
      <div className="stack" data-testid="import" data-state={of.state}>
        {working(of.state) && (
          <Card>
            <JobProgress
              title={t(`people-import:working.${of.state as 'uploaded' | 'mapped' | 'applying' | 'undoing'}`)}
              label={t(`people-import:state.${of.state}`)}
              percent={of.progress}
              state="running"
            />
          </Card>
        )}
        {of.state === 'failed' && (
          <Card>
            <p role="alert">{of.messages[language()] ?? of.failure}</p>
          </Card>
        )}
        {of.blockers.length > 0 && of.state === 'applied' && <Blockers of={of} />}
        {mapping && of.columns.length > 0 && <ImportMapping key={of.state} of={of} />}
        {judged.has(of.state) && (
          <Card className="stack">
            <h2>{t('people-import:counts.title')}</h2>
            <Counts of={of} />
            {of.mine && of.kept && (of.state === 'previewed' || of.state === 'applied') && (
              <div className={styles.actions}>
                {of.state === 'previewed' && (
                  <>
                    <Button
                      kind="primary"
                      disabled={of.counts.new + of.counts.changed === 0}
                      onClick={() => setAsking('apply')}
                    >
                      {t('people-import:apply.open', { count: of.counts.new + of.counts.changed })}
                    </Button>
                    <Button onClick={() => setAsking(asking === 'map' ? undefined : 'map')}>
                      {t('people-import:map.again')}
                    </Button>
                  </>
                )}
                {of.state === 'applied' && (
                  <Button onClick={() => setAsking('undo')}>{t('people-import:undo.open')}</Button>
                )}
              </div>
            )}
          </Card>
        )}
        {judged.has(of.state) && of.kept && <ImportRows of={of} />}
      </div>
      <ConfirmWithReason
        open={asking === 'apply'}
        title={t('people-import:apply.title')}
        verb={t('people-import:apply.verb')}
        withReason
        minLength={2}
        onConfirm={(reason) => apply.mutateAsync(reason)}
        onClose={() => setAsking(undefined)}
      >
        {t('people-import:apply.text', {
          made: of.counts.new,
          changed: of.counts.changed,
          left: of.counts.refused,
        })}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'undo'}
        title={t('people-import:undo.title')}
        verb={t('people-import:undo.verb')}
        withReason
        minLength={2}
        onConfirm={(reason) => undo.mutateAsync(reason)}
        onClose={() => setAsking(undefined)}
      >
        {t('people-import:undo.text', { count: of.counts.applied })}
      </ConfirmWithReason>
    </>
  );
}

function Counts({ of }: { of: PeopleImport }) {
  const t = useT('people-import');
  const keys = ['new', 'changed', 'same', 'refused', 'stale', 'blank', 'listed'] as const;
  return (
    <dl className={styles.counts}>
      {keys.map((key) => (
        <div key={key}>
          <dt>{t(`people-import:counts.${key}`)}</dt>
          <dd className="num" data-testid={`count-${key}`}>
            {group(of.counts[key])}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Who stands in the way of the undo, and why. */
function Blockers({ of }: { of: PeopleImport }) {
  const t = useT('people-import');
  return (
    <Card className="stack">
      <h2>{t('people-import:undo.blocked', { count: of.blockers.length })}</h2>
      <ul className={styles.flaws}>
        {of.blockers.map((one) => (
          <li key={one.line}>
            {t('people-import:line', { line: one.line })} {one.name}（{one.number}）{one.messages[language()]}
          </li>
        ))}
      </ul>
    </Card>
  );
}
