import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LinkBody } from '@/api/model/linkBody';
import { Button } from '@/components/ui/button';
import { CardItem, CardList, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { FormProblem } from '@/components/ui/form-problem';
import { toast } from '@/components/ui/toast';
import { deviceName } from '@/lib/device-name';
import { permissions } from '@/lib/permissions';
import { canEverywhere, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';
import { devicesOfQuery, linksOfQuery, useAccountDeeds } from './api/account';
import type { PersonRecord } from './api/people';

/** How somebody else signs in, and what an administrator does when a phone is lost or a link is wrong. */
export function AccountSection({ person, manages }: { person: PersonRecord; manages: boolean }) {
  const t = useT('people');
  const session = useSession();
  const deeds = useAccountDeeds(person.id);
  const [asking, setAsking] = useState<'factors' | 'sessions'>();
  const other = session.person.id !== person.id;
  const handles = manages && other && person.account.state !== 'none';
  const system = other && canEverywhere(session, [permissions.staff.system]);
  if (!handles && !system) return null;
  return (
    <Section title={t('people:signIn.title')}>
      <CardList>
        {handles && <Devices person={person} onEnd={() => setAsking('sessions')} />}
        {handles && (
          <CardItem
            title={t('people:signIn.factors')}
            detail={t('people:signIn.factorsHint')}
            side={
              <Button small kind="danger" onClick={() => setAsking('factors')}>
                {t('people:signIn.resetFactors')}
              </Button>
            }
          />
        )}
        {system && <Links person={person} />}
      </CardList>
      <ConfirmWithReason
        open={asking === 'factors'}
        title={t('people:signIn.resetTitle', { name: person.name })}
        verb={t('people:signIn.resetFactors')}
        withReason
        onClose={() => setAsking(undefined)}
        onConfirm={(reason) =>
          deeds.resetFactors.mutateAsync(reason).then(() => toast(t('people:signIn.resetDone')))
        }
      >
        {t('people:signIn.resetText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'sessions'}
        title={t('people:signIn.endTitle', { name: person.name })}
        verb={t('people:signIn.end')}
        withReason
        onClose={() => setAsking(undefined)}
        onConfirm={(reason) =>
          deeds.endSessions.mutateAsync(reason).then(() => toast(t('people:signIn.ended')))
        }
      >
        {t('people:signIn.endText')}
      </ConfirmWithReason>
    </Section>
  );
}

function Devices({ person, onEnd }: { person: PersonRecord; onEnd: () => void }) {
  const t = useT('people');
  const [looking, setLooking] = useState(false);
  const query = useQuery({ ...devicesOfQuery(person.id), enabled: looking });
  const list = looking ? query.data : undefined;
  return (
    <CardItem
      title={t('people:signIn.devices')}
      detail={list ? t('people:signIn.count', { count: list.length }) : t('people:signIn.devicesHint')}
      side={
        <span className="row wrap">
          {!list && (
            <Button
              small
              busy={query.isFetching}
              onClick={() => (looking ? void query.refetch() : setLooking(true))}
            >
              {t('people:signIn.look')}
            </Button>
          )}
          <Button small kind="danger" onClick={onEnd}>
            {t('people:signIn.end')}
          </Button>
        </span>
      }
    >
      <FormProblem error={query.error} />
      {list && list.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {list.map((device) => (
            <li key={device.id} className="s">
              {t('people:signIn.device', {
                name: deviceName(device.user_agent),
                when: whenText(device.last_seen_at),
                ip: device.ip,
              })}
            </li>
          ))}
        </ul>
      )}
    </CardItem>
  );
}

/** The accounts at identity providers that sign in as this person; a wrong one is taken away. */
function Links({ person }: { person: PersonRecord }) {
  const t = useT('people');
  const query = useQuery(linksOfQuery(person.id));
  const { unlink } = useAccountDeeds(person.id);
  const [ending, setEnding] = useState<LinkBody>();
  return (
    <>
      {query.data?.length === 0 && (
        <CardItem title={t('people:signIn.links')} detail={t('people:signIn.noLinks')} />
      )}
      {query.data?.map((link) => (
        <CardItem
          key={link.id}
          title={t('people:signIn.link', { name: link.connection_name, subject: link.subject })}
          detail={
            link.last_used_at
              ? t('people:signIn.used', {
                  linked: whenText(link.linked_at),
                  when: whenText(link.last_used_at),
                })
              : t('people:signIn.linked', { linked: whenText(link.linked_at) })
          }
          side={
            <Button small kind="danger" onClick={() => setEnding(link)}>
              {t('people:signIn.unlink')}
            </Button>
          }
        />
      ))}
      <FormProblem error={query.error} />
      <ConfirmWithReason
        open={ending !== undefined}
        title={t('people:signIn.unlinkTitle')}
        verb={t('people:signIn.unlink')}
        onClose={() => setEnding(undefined)}
        onConfirm={() => unlink.mutateAsync(ending?.id ?? '').then(() => toast(t('people:signIn.unlinked')))}
      >
        {ending &&
          t('people:signIn.unlinkText', {
            name: person.name,
            link: t('people:signIn.link', { name: ending.connection_name, subject: ending.subject }),
          })}
      </ConfirmWithReason>
    </>
  );
}
