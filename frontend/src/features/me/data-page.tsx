import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AskCorrectionInputBody } from '@/api/model/askCorrectionInputBody';
import type { LookBody } from '@/api/model/lookBody';
import type { PersonCorrectionBody } from '@/api/model/personCorrectionBody';
import type { PersonRecordBody } from '@/api/model/personRecordBody';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Dialog } from '@/components/ui/dialog';
import { Dotted } from '@/components/ui/dotted';
import { SelectField, TextAreaField, TextField } from '@/components/ui/field';
import { FormProblem } from '@/components/ui/form-problem';
import { Icon } from '@/components/ui/icon';
import { PageHeader } from '@/components/ui/page-header';
import { Empty, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { http, withQuery, type Page } from '@/lib/http';
import { isRank, isStage, ranks, stages } from '@/lib/org';
import { paths } from '@/lib/paths';
import { useT, type Say } from '@/lib/t';
import { stamp } from '@/lib/time';
import { ArchiveSection } from './archive-section';
import styles from './me.module.css';
import { WatchersSection } from './watchers-section';

const meKeys = { all: ['me', 'data'] as const };
const fields = ['name', 'gender', 'born_on', 'phone', 'email', 'stage', 'rank'] as const;
type Field = (typeof fields)[number];

/** 我的资料: what is recorded of me, what I asked to have corrected, and who looked at it. */
export default function DataPage() {
  const t = useT('me', 'common');
  const query = useQuery({
    queryKey: [...meKeys.all, 'record'],
    queryFn: ({ signal }) => http.get<PersonRecordBody>('/me', { signal }),
  });
  const [asking, setAsking] = useState(false);
  return (
    <>
      <PageHeader
        title={t('me:data.title')}
        detail={t('me:data.detail')}
        back={paths.me()}
        actions={
          <Button small kind="primary" onClick={() => setAsking(true)}>
            {t('me:data.ask')}
          </Button>
        }
      />
      <div className={styles.page}>
        <div className={styles.column}>
          <StateView query={query}>{(me) => <Record me={me} />}</StateView>
          <CardList>
            <CardItem
              to={paths.myPrivacy()}
              title={t('me:data.privacy')}
              side={<Icon name="right" size={14} />}
            />
          </CardList>
          <ArchiveSection />
        </div>
        <div className={styles.column}>
          <MyCorrections />
          <WatchersSection />
          <Looks />
        </div>
      </div>
      {asking && <AskDialog onClose={() => setAsking(false)} />}
    </>
  );
}

function Record({ me }: { me: PersonRecordBody }) {
  const t = useT('me', 'common');
  const rows = [
    ['name', me.name],
    ['number', me.number],
    ['gender', me.gender && say(me.gender, t)],
    ['born_on', me.born_on],
    ['id_card', me.id_card_mask],
    ['phone', me.phone],
    ['email', me.email],
    ['partyUnit', me.party_unit_name],
    ['adminUnit', me.admin_unit_name],
    ['stage', say(me.stage, t)],
    ['rank', say(me.rank, t)],
    ['posts', me.posts.map((post) => post.note || t(`common:post.${post.value as 'other'}`)).join('、')],
    ['status', t(`common:status.${me.status}`)],
  ] as const;
  return (
    <Card>
      {me.photo_url && (
        <img
          src={me.photo_url}
          alt={t('me:data.photo')}
          width={96}
          style={{ borderRadius: 8, marginBottom: 10 }}
        />
      )}
      <dl className={styles.facts}>
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{t(`me:data.field.${key}`)}</dt>
            <dd>{value || '—'}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function MyCorrections() {
  const t = useT('me', 'common');
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: [...meKeys.all, 'corrections'],
    queryFn: ({ signal }) => http.get<{ items: PersonCorrectionBody[] }>('/me/corrections', { signal }),
    select: (page) => page.items,
  });
  const withdraw = useMutation({
    mutationFn: (id: string) => http.post(`/me/corrections/${id}/withdraw`),
    onSuccess: () => client.invalidateQueries({ queryKey: meKeys.all }),
  });
  if (!data?.length) return null;
  return (
    <Section title={t('me:data.asked')}>
      <CardList>
        {data.map((one) => (
          <CardItem
            key={one.id}
            title={t('me:data.change', {
              field: t(`me:data.field.${one.field as Field}`),
              value: one.value_label || say(one.value, t),
            })}
            detail={<Dotted parts={[one.note, one.decision, one.decided_by]} />}
            side={
              one.state === 'open' ? (
                <Button small onClick={() => withdraw.mutate(one.id)}>
                  {t('me:data.withdraw')}
                </Button>
              ) : (
                <Tag tone={one.state === 'declined' ? 'warn' : undefined}>
                  {t(`me:data.state.${one.state}`)}
                </Tag>
              )
            }
          />
        ))}
      </CardList>
    </Section>
  );
}

function Looks() {
  const t = useT('me');
  const query = useInfiniteQuery({
    queryKey: [...meKeys.all, 'looks'],
    queryFn: ({ pageParam, signal }) =>
      http.get<Page<LookBody>>(withQuery('/me/looks', { page_token: pageParam }), { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
  });
  const looks = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t('me:data.looks')}>
      <p className="xs" style={{ marginBottom: 8 }}>
        {t('me:data.looksNote')}
      </p>
      {looks.length === 0 ? (
        <Card>
          <Empty compact title={t('me:data.noLooks')} />
        </Card>
      ) : (
        <CardList>
          {looks.map((look) => (
            <CardItem
              key={look.at + look.what}
              title={t(`me:data.look.${look.what}`, { by: look.by })}
              detail={<Dotted parts={[stamp(look.at), look.reason]} />}
            />
          ))}
        </CardList>
      )}
      {query.hasNextPage && (
        <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('me:data.more')}
        </Button>
      )}
    </Section>
  );
}

function AskDialog({ onClose }: { onClose: () => void }) {
  const t = useT('me', 'common', 'ui');
  const client = useQueryClient();
  const [field, setField] = useState<Field>('phone');
  const [value, setValue] = useState('');
  const [from, setFrom] = useState('');
  const [note, setNote] = useState('');
  const dated = field === 'stage' || field === 'rank';
  const ask = useMutation({
    mutationFn: () =>
      http.post('/me/corrections', {
        field,
        value,
        note,
        ...(dated && { from }),
      } satisfies AskCorrectionInputBody),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: meKeys.all });
      toast(t('me:data.sent'));
      onClose();
    },
  });
  const choices: readonly string[] | undefined = {
    stage: stages as readonly string[],
    rank: ranks as readonly string[],
    gender: ['female', 'male'],
  }[field as 'stage'];
  return (
    <Dialog
      open
      title={t('me:data.ask')}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button
            kind="primary"
            busy={ask.isPending}
            disabled={!value || !note.trim() || (dated && !from)}
            onClick={() => ask.mutate()}
          >
            {t('me:data.send')}
          </Button>
        </>
      }
    >
      <div className="stack">
        <SelectField
          label={t('me:data.which')}
          value={field}
          onChange={({ target }) => {
            setField(target.value as Field);
            setValue('');
          }}
        >
          {fields.map((one) => (
            <option key={one} value={one}>
              {t(`me:data.field.${one}`)}
            </option>
          ))}
        </SelectField>
        {choices ? (
          <SelectField
            label={t('me:data.value')}
            value={value}
            onChange={({ target }) => setValue(target.value)}
          >
            <option value="">—</option>
            {choices.map((one) => (
              <option key={one} value={one}>
                {say(one, t)}
              </option>
            ))}
          </SelectField>
        ) : (
          <TextField
            label={t('me:data.value')}
            type={field === 'born_on' ? 'date' : 'text'}
            value={value}
            onChange={({ target }) => setValue(target.value)}
          />
        )}
        {dated && (
          <TextField
            label={t('me:data.from')}
            type="date"
            value={from}
            onChange={({ target }) => setFrom(target.value)}
          />
        )}
        <TextAreaField
          label={t('me:data.note')}
          hint={t('me:data.noteHint')}
          value={note}
          maxLength={300}
          onChange={({ target }) => setNote(target.value)}
        />
        <FormProblem error={ask.error} />
      </div>
    </Dialog>
  );
}

/** A stage, a rank or a gender in words; anything else as it is. */
function say(value: string, t: Say): string {
  if (isStage(value)) return t(`common:stage.${value}`);
  if (isRank(value)) return t(`common:rank.${value}`);
  if (value === 'female' || value === 'male') return t(`me:data.gender.${value}`);
  return value;
}
