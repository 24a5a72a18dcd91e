import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FactBody } from '@/api/model/factBody';
import type { FactDeedBody } from '@/api/model/factDeedBody';
import type { FactOperationBody } from '@/api/model/factOperationBody';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { Dotted } from '@/components/ui/dotted';
import { FormProblem } from '@/components/ui/form-problem';
import { Empty, SkeletonLines } from '@/components/ui/state-view';
import { Timeline } from '@/components/ui/timeline';
import { colon } from '@/lib/language';
import { serverNow } from '@/lib/clock';
import { useT, type Say } from '@/lib/t';
import { isoDate } from '@/lib/time';
import { operationsQuery, previewQuery, usePersonDeeds, type PersonRecord } from './api/people';
import { ChangePreview } from './change-preview';
import { FactDrawer } from './fact-drawer';
import { factText, holdsOn, periodText } from './fact-text';

type Doing = { verb: 'end' | 'remove'; fact: FactBody } | { verb: 'undo'; operation: FactOperationBody };

/** Everything dated about a person; each can be mended. */
export function FactTimeline({ person, manages }: { person: PersonRecord; manages: boolean }) {
  const t = useT('people', 'common', 'ui');
  const [correcting, setCorrecting] = useState<FactBody>();
  const [doing, setDoing] = useState<Doing>();
  const today = isoDate(serverNow());
  const facts = person.timeline.filter((fact) => fact.kind !== 'grant');
  return (
    <Section title={t('ui:timeline.title')}>
      <Card>
        {facts.length === 0 ? (
          <Empty compact title={t('ui:timeline.empty')} />
        ) : (
          <Timeline
            label={t('ui:timeline.title')}
            items={facts.map((fact) => ({
              key: fact.id,
              title: <b>{saidOf(fact, t)}</b>,
              tone: holdsOn(fact, today) ? ('accent' as const) : ('plain' as const),
              detail: (
                <Dotted
                  parts={[
                    periodText(fact, t),
                    fact.move && fact.move !== 'advance' && t(`common:move.${fact.move}`),
                    fact.document,
                  ]}
                />
              ),
              actions: manages && !person.merged_into && (
                <>
                  <Button small kind="quiet" onClick={() => setCorrecting(fact)}>
                    {t('people:fact.correct')}
                  </Button>
                  {(!fact.until || fact.until > today) && (
                    <Button small kind="quiet" onClick={() => setDoing({ verb: 'end', fact })}>
                      {t('people:fact.end')}
                    </Button>
                  )}
                  <Button small kind="quiet" onClick={() => setDoing({ verb: 'remove', fact })}>
                    {t('people:fact.remove')}
                  </Button>
                </>
              ),
            }))}
          />
        )}
      </Card>
      {correcting && (
        <FactDrawer open person={person} correcting={correcting} onClose={() => setCorrecting(undefined)} />
      )}
      <ConfirmDeed person={person} doing={doing} onClose={() => setDoing(undefined)} />
    </Section>
  );
}

/** Every change that was made to the dated facts; it can be taken back. */
export function FactHistory({ person, manages }: { person: PersonRecord; manages: boolean }) {
  const t = useT('people', 'common', 'ui');
  const history = useQuery(operationsQuery(person.id));
  const [doing, setDoing] = useState<Doing>();
  return (
    <Card>
      <Section title={t('people:history.title')}>
        {history.data?.length === 0 && <Empty compact title={t('people:history.empty')} />}
        <Timeline
          label={t('people:history.title')}
          items={(history.data ?? []).map((operation) => ({
            key: operation.id,
            at: operation.at,
            title: t(`people:history.verb.${operation.verb as 'add'}`, {
              what: t(`people:fact.kind.${operation.kind as 'stage'}`),
            }),
            detail: (
              <Dotted
                parts={[
                  t('people:history.from', { day: operation.first_day }),
                  operation.reason,
                  operation.undone_by && t('people:history.undone'),
                ]}
              />
            ),
            actions: manages && !person.merged_into && !operation.undone_by && (
              <Button small kind="quiet" onClick={() => setDoing({ verb: 'undo', operation })}>
                {t('people:history.undo')}
              </Button>
            ),
          }))}
        />
      </Section>
      <ConfirmDeed person={person} doing={doing} onClose={() => setDoing(undefined)} />
    </Card>
  );
}

const saidOf = (fact: FactBody, t: Say) =>
  `${t(`people:fact.kind.${fact.kind}`)}${colon()}${factText(fact, t)}`;

interface ConfirmDeedProps {
  person: PersonRecord;
  doing: Doing | undefined;
  onClose: () => void;
}

function ConfirmDeed({ person, doing, onClose }: ConfirmDeedProps) {
  const t = useT('people', 'common');
  const { changeFacts } = usePersonDeeds(person.id);
  const [on, setOn] = useState<string | undefined>(isoDate(serverNow()));
  const body = doing && deedBody(doing, on);
  const preview = useQuery({ ...previewQuery(person.id, body), enabled: body !== undefined });
  return (
    <ConfirmWithReason
      open={doing !== undefined}
      title={doing ? t(`people:fact.ask.${doing.verb}`) : ''}
      verb={doing ? t(`people:fact.verbs.${doing.verb}`) : ''}
      withReason
      blocked={!preview.data}
      onClose={onClose}
      onConfirm={async (reason) => {
        if (body) await changeFacts.mutateAsync({ ...body, reason });
      }}
    >
      {doing?.verb === 'undo' && t('people:history.undoText')}
      {doing?.verb === 'remove' && t('people:fact.removeText', { fact: saidOf(doing.fact, t) })}
      {doing?.verb === 'end' && (
        <span className="stack">
          {t('people:fact.endText', { fact: saidOf(doing.fact, t) })}
          <DatePicker label={t('people:fact.endOn')} value={on} onChange={setOn} />
        </span>
      )}
      <div style={{ marginTop: 16 }}>
        {preview.data ? (
          <ChangePreview change={preview.data} />
        ) : preview.error ? (
          <FormProblem error={preview.error} />
        ) : (
          body && <SkeletonLines lines={2} />
        )}
      </div>
    </ConfirmWithReason>
  );
}

/** What is asked of the server; undefined while a date is still missing. */
function deedBody(doing: Doing, on: string | undefined): FactDeedBody | undefined {
  if (doing.verb === 'undo') return { verb: 'undo', operation_id: doing.operation.id };
  if (doing.verb === 'remove') return { verb: 'remove', fact_id: doing.fact.id };
  return on ? { verb: 'end', fact_id: doing.fact.id, on } : undefined;
}
