import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FactBody } from '@/api/model/factBody';
import type { FactOperationBody } from '@/api/model/factOperationBody';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { Empty } from '@/components/ui/state-view';
import { Timeline } from '@/components/ui/timeline';
import { serverNow } from '@/lib/clock';
import { useT } from '@/lib/t';
import { dateStart, isoDate } from '@/lib/time';
import { operationsQuery, usePersonDeeds, type PersonRecord } from './api/people';
import { FactDrawer } from './fact-drawer';
import { factText, holdsOn, periodText } from './fact-text';

type Doing = { verb: 'end' | 'remove'; fact: FactBody } | { verb: 'undo'; operation: FactOperationBody };

/** Everything dated about a person, and every change that was made to it; each can be mended, and that taken back. */
export function FactTimeline({ person, manages }: { person: PersonRecord; manages: boolean }) {
  const t = useT('people', 'common', 'ui');
  const { changeFacts } = usePersonDeeds(person.id);
  const history = useQuery(operationsQuery(person.id));
  const [correcting, setCorrecting] = useState<FactBody>();
  const [doing, setDoing] = useState<Doing>();
  const today = isoDate(serverNow());
  const [on, setOn] = useState<string | undefined>(today);
  const facts = person.timeline.filter((fact) => fact.kind !== 'grant');
  const deeds = manages && !person.merged_into;
  const said = (fact: FactBody) => `${t(`people:fact.kind.${fact.kind}`)}：${factText(fact, t)}`;
  return (
    <>
      <Card>
        <Section title={t('ui:timeline.title')}>
          {facts.length === 0 ? (
            <Empty compact title={t('ui:timeline.empty')} />
          ) : (
            <Timeline
              label={t('ui:timeline.title')}
              items={facts.map((fact) => ({
                key: fact.id,
                at: new Date(dateStart(fact.from)).toISOString(),
                dayOnly: true,
                title: said(fact),
                tone: holdsOn(fact, today) ? ('accent' as const) : ('plain' as const),
                detail: (
                  <>
                    {[
                      periodText(fact, t),
                      fact.move && fact.move !== 'advance' && t(`common:move.${fact.move}`),
                      fact.document,
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                    {deeds && (
                      <span className="row wrap" style={{ gap: 4 }}>
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
                      </span>
                    )}
                  </>
                ),
              }))}
            />
          )}
        </Section>
      </Card>
      {(history.data?.length ?? 0) > 0 && (
        <Card>
          <Section title={t('people:history.title')}>
            <Timeline
              label={t('people:history.title')}
              items={(history.data ?? []).map((operation) => ({
                key: operation.id,
                at: operation.at,
                title: t(`people:history.verb.${operation.verb as 'add'}`, {
                  what: t(`people:fact.kind.${operation.kind as 'stage'}`),
                }),
                detail: (
                  <>
                    {[t('people:history.from', { day: operation.first_day }), operation.reason]
                      .filter(Boolean)
                      .join(' · ')}
                    {operation.undone_by && ` · ${t('people:history.undone')}`}
                    {deeds && !operation.undone_by && (
                      <Button small kind="quiet" onClick={() => setDoing({ verb: 'undo', operation })}>
                        {t('people:history.undo')}
                      </Button>
                    )}
                  </>
                ),
              }))}
            />
          </Section>
        </Card>
      )}
      {correcting && (
        <FactDrawer open person={person} correcting={correcting} onClose={() => setCorrecting(undefined)} />
      )}
      <ConfirmWithReason
        open={doing !== undefined}
        title={doing ? t(`people:fact.ask.${doing.verb}`) : ''}
        verb={doing ? t(`people:fact.verbs.${doing.verb}`) : ''}
        withReason
        onClose={() => setDoing(undefined)}
        onConfirm={(reason) =>
          changeFacts.mutateAsync(
            doing?.verb === 'undo'
              ? { verb: 'undo', operation_id: doing.operation.id, reason }
              : {
                  verb: doing?.verb ?? 'end',
                  fact_id: doing?.fact.id,
                  on: doing?.verb === 'end' ? on : undefined,
                  reason,
                },
          )
        }
      >
        {doing?.verb === 'undo' && t('people:history.undoText')}
        {doing?.verb === 'remove' && t('people:fact.removeText', { fact: said(doing.fact) })}
        {doing?.verb === 'end' && (
          <span className="stack">
            {t('people:fact.endText', { fact: said(doing.fact) })}
            <DatePicker label={t('people:fact.endOn')} value={on} onChange={setOn} />
          </span>
        )}
      </ConfirmWithReason>
    </>
  );
}
