import type { FactBody } from '@/api/model/factBody';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button, ButtonLink } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { Dialog } from '@/components/ui/dialog';
import { Dotted } from '@/components/ui/dotted';
import { FormProblem } from '@/components/ui/form-problem';
import { Empty, Notice, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { useRoleName } from '@/lib/roles';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { isoDate, stamp } from '@/lib/time';
import { serverNow } from '@/lib/clock';
import { personQuery, usePersonDeeds, type PersonRecord } from './api/people';
import { AccountSection } from './account-section';
import { DetailsDrawer } from './details-drawer';
import { FactDrawer } from './fact-drawer';
import { factText, periodText } from './fact-text';
import { FactHistory, FactTimeline } from './fact-timeline';
import { GrantDrawer } from './grant-drawer';
import { SupportDialog } from './support-dialog';

/** One person: what holds today, everything dated, roles and account. */
export default function PersonPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(personQuery(id));
  return <StateView query={query}>{(person) => <PersonDetail person={person} />}</StateView>;
}

type Asking =
  | 'archive'
  | 'photo'
  | 'support'
  | 'fact'
  | 'details'
  | 'reveal'
  | 'unmerge'
  | 'grant'
  | 'disable'
  | 'enable'
  | 'reset';

function PersonDetail({ person }: { person: PersonRecord }) {
  const t = useT('people', 'common', 'ui');
  const session = useSession();
  const deeds = usePersonDeeds(person.id);
  const nameOf = useRoleName(
    person.timeline.filter((fact) => fact.kind === 'grant').map((fact) => fact.value),
  );
  const [asking, setAsking] = useState<Asking>();
  const [ending, setEnding] = useState<FactBody>();
  const [password, setPassword] = useState<string>();
  const [card, setCard] = useState<string>();
  const photo = useRef<HTMLInputElement>(null);
  const today = isoDate(serverNow());
  const manages = can(session, [permissions.staff.peopleManage]);
  const grantsRoles = can(session, [permissions.staff.grants]) && session?.person.id !== person.id;
  const supports = can(session, [permissions.staff.support]) && session.person.id !== person.id;
  const grants = person.timeline.filter(
    (fact) => fact.kind === 'grant' && (!fact.until || fact.until > today),
  );
  const close = () => setAsking(undefined);
  return (
    <DetailPage
      title={person.name}
      detail={<span className="num">{person.number}</span>}
      tags={
        <>
          <Tag>{t(`common:kind.${person.kind}`)}</Tag>
          {person.stage && <Tag tone="accent">{t(`common:stage.${person.stage}`)}</Tag>}
          {person.status !== 'active' && <Tag tone="warn">{t(`common:status.${person.status}`)}</Tag>}
          {person.posts.map((post) => (
            <Tag key={post.id}>{factText(post, t)}</Tag>
          ))}
          {person.account.state === 'disabled' && <Tag tone="warn">{t('people:account.disabled')}</Tag>}
        </>
      }
      actions={
        <>
          {supports && (
            <Button small onClick={() => setAsking('support')}>
              {t('people:support.verb')}
            </Button>
          )}
          {manages && !person.erased_at && (
            <>
              <Button small kind="primary" onClick={() => setAsking('fact')}>
                {t('people:fact.add')}
              </Button>
              <Button small onClick={() => setAsking('details')}>
                {t('people:details.edit')}
              </Button>
              <Button small busy={deeds.photo.isPending} onClick={() => photo.current?.click()}>
                {t('people:details.photo')}
              </Button>
              <Button small onClick={() => setAsking('archive')}>
                {t('people:archive.verb')}
              </Button>
              <ButtonLink small to={paths.staffErasure(person.id)}>
                {t('people:erasure.open')}
              </ButtonLink>
              <Button small onClick={() => setAsking('reset')}>
                {t('people:account.reset')}
              </Button>
              {person.account.state === 'disabled' ? (
                <Button small onClick={() => setAsking('enable')}>
                  {t('people:account.enable')}
                </Button>
              ) : (
                person.account.state !== 'none' && (
                  <Button small kind="danger" onClick={() => setAsking('disable')}>
                    {t('people:account.disable')}
                  </Button>
                )
              )}
            </>
          )}
        </>
      }
      facts={[
        { label: t('people:column.party'), value: person.party_unit_name || '—' },
        { label: t('people:column.admin'), value: person.admin_unit_name || '—' },
        { label: t('people:column.rank'), value: person.rank ? t(`common:rank.${person.rank}`) : '—' },
        { label: t('people:field.gender'), value: person.gender ? t(`people:gender.${person.gender}`) : '—' },
        { label: t('people:field.born'), value: person.born_on ?? '—' },
        { label: t('people:field.phone'), value: person.phone || '—' },
        { label: t('people:field.email'), value: <Mail address={person.email} /> },
        {
          label: t('people:field.idCard'),
          value: person.id_card_mask ? (
            <span className="row wrap">
              <span className="num">{card ?? person.id_card_mask}</span>
              {manages && !card && (
                <Button small onClick={() => setAsking('reveal')}>
                  {t('people:details.reveal')}
                </Button>
              )}
            </span>
          ) : (
            '—'
          ),
        },
        { label: t('people:account.title'), value: t(`people:account.state.${person.account.state}`) },
      ]}
      aside={<FactHistory person={person} manages={manages} />}
      notice={
        person.erased_at ? (
          <Notice tone="warn" icon="alert">
            {t('people:erasure.is', { when: stamp(person.erased_at) })}
          </Notice>
        ) : (
          person.merged_into && (
            <Notice tone="warn" icon="alert">
              <span className="row between wrap">
                {t('people:merge.is', { number: person.merged_into })}
                {manages && (
                  <Button small onClick={() => setAsking('unmerge')}>
                    {t('people:merge.undo')}
                  </Button>
                )}
              </span>
            </Notice>
          )
        )
      }
    >
      <FormProblem error={deeds.photo.error} />
      {person.aliases.map((alias) => (
        <Notice key={alias.id} icon="me">
          <span className="row between wrap">
            {t('people:merge.holds', { name: alias.name, number: alias.number })}
            <AppLink to={paths.staffPerson(alias.id)}>{t('people:merge.open')}</AppLink>
          </span>
        </Notice>
      ))}
      {person.photo_url && (
        <div className="row wrap">
          <img
            src={person.photo_url}
            alt={t('people:details.photoOf', { name: person.name })}
            width={120}
            style={{ borderRadius: 8, display: 'block' }}
          />
          {manages && (
            <Button small kind="quiet" onClick={() => setAsking('photo')}>
              {t('people:details.noPhoto')}
            </Button>
          )}
        </div>
      )}
      <input
        ref={photo}
        type="file"
        accept="image/*"
        hidden
        aria-label={t('people:details.photo')}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file)
            deeds.photo.mutate(
              { version: person.version, file },
              { onSuccess: () => toast(t('people:details.saved')) },
            );
        }}
      />
      <Section
        title={t('people:grant.title')}
        more={
          can(session, permissions.staff.audit)
            ? { to: paths.staffSights(person.id), text: t('people:grant.why') }
            : undefined
        }
        aside={
          grantsRoles && (
            <Button small onClick={() => setAsking('grant')}>
              {t('people:grant.add')}
            </Button>
          )
        }
      >
        <Card>
          {grants.length === 0 ? (
            <Empty compact title={t('people:grant.none')} />
          ) : (
            <div className="stack">
              {grants.map((fact) => (
                <div key={fact.id} className="row between wrap">
                  <div>
                    <b>{factText(fact, t, nameOf)}</b>
                    <div className="xs">
                      <Dotted parts={[periodText(fact, t), fact.document]} />
                    </div>
                  </div>
                  {grantsRoles && (
                    <Button small kind="quiet" onClick={() => setEnding(fact)}>
                      {t('people:grant.end')}
                    </Button>
                  )}
                </div>
              ))}
            </div>
          )}
        </Card>
      </Section>
      <FactTimeline person={person} manages={manages} />
      <AccountSection person={person} manages={manages} />
      {asking === 'fact' && <FactDrawer open person={person} onClose={close} />}
      {asking === 'details' && <DetailsDrawer person={person} onClose={close} />}
      <ConfirmWithReason
        open={asking === 'reveal'}
        title={t('people:details.revealTitle', { name: person.name })}
        verb={t('people:details.reveal')}
        withReason
        onClose={close}
        onConfirm={(reason) => deeds.reveal.mutateAsync(reason).then((reply) => setCard(reply.id_card))}
      >
        {t('people:details.revealText')}
      </ConfirmWithReason>
      <SupportDialog person={person} open={asking === 'support'} onClose={close} />
      <ConfirmWithReason
        open={asking === 'archive'}
        title={t('people:archive.title', { name: person.name })}
        verb={t('people:archive.verb')}
        withReason
        onClose={close}
        onConfirm={(reason) => deeds.archive.mutateAsync(reason).then(() => toast(t('people:archive.begun')))}
      >
        {t('people:archive.text')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'photo'}
        title={t('people:details.noPhotoTitle', { name: person.name })}
        verb={t('people:details.noPhoto')}
        onClose={close}
        onConfirm={() => deeds.photo.mutateAsync({ version: person.version })}
      >
        {t('people:details.noPhotoText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'unmerge'}
        title={t('people:merge.undoTitle', { name: person.name })}
        verb={t('people:merge.undo')}
        withReason
        onClose={close}
        onConfirm={(reason) => deeds.unmerge.mutateAsync(reason)}
      >
        {t('people:merge.undoText')}
      </ConfirmWithReason>
      <GrantDrawer personId={person.id} open={asking === 'grant'} onClose={close} />
      <ConfirmWithReason
        open={asking === 'disable' || asking === 'enable'}
        title={t(asking === 'enable' ? 'people:account.enableTitle' : 'people:account.disableTitle', {
          name: person.name,
        })}
        verb={t(asking === 'enable' ? 'people:account.enable' : 'people:account.disable')}
        withReason
        onClose={close}
        onConfirm={(reason) =>
          deeds.account.mutateAsync({ verb: asking === 'enable' ? 'enable' : 'disable', reason })
        }
      >
        {t(asking === 'enable' ? 'people:account.enableText' : 'people:account.disableText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={asking === 'reset'}
        title={t('people:account.resetTitle', { name: person.name })}
        verb={t('people:account.reset')}
        onClose={close}
        onConfirm={() => deeds.resetPassword.mutateAsync().then((reply) => setPassword(reply.password))}
      >
        {t('people:account.resetText')}
      </ConfirmWithReason>
      <ConfirmWithReason
        open={ending !== undefined}
        title={t('people:grant.endTitle')}
        verb={t('people:grant.end')}
        withReason
        onClose={() => setEnding(undefined)}
        onConfirm={(reason) =>
          deeds.endGrant
            .mutateAsync({ grantId: ending?.id ?? '', reason })
            .then(() => toast(t('people:grant.ended')))
        }
      >
        {ending && t('people:grant.endText', { grant: factText(ending, t, nameOf) })}
      </ConfirmWithReason>
      <Dialog
        open={password !== undefined}
        title={t('people:account.newPassword')}
        onClose={() => setPassword(undefined)}
        footer={
          <Button kind="primary" onClick={() => setPassword(undefined)}>
            {t('ui:close')}
          </Button>
        }
      >
        <div className="stack">
          <b className="num" style={{ fontSize: '1.375rem', letterSpacing: 1, userSelect: 'all' }}>
            {password}
          </b>
          <Notice tone="warn" icon="alert">
            {t('people:account.newPasswordText')}
          </Notice>
        </div>
      </Dialog>
    </DetailPage>
  );
}

/** A long address breaks before its domain. */
function Mail({ address }: { address?: string }) {
  if (!address) return '—';
  const [name, ...domain] = address.split('@');
  return (
    <>
      {name}
      <wbr />@{domain.join('@')}
    </>
  );
}
