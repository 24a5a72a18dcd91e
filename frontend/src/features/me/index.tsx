import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Button } from '@/components/ui/button';
import { Card, CardItem, CardList, Section } from '@/components/ui/card';
import { Dialog } from '@/components/ui/dialog';
import { HoursRing } from '@/components/ui/hours-ring';
import { Icon, type IconName } from '@/components/ui/icon';
import { useTitle } from '@/components/ui/page-header';
import { setAppearance, useAppearance } from '@/lib/appearance';
import { byLead, myHoursQuery } from '@/lib/data/hours';
import { formatHours } from '@/lib/hours';
import { setLanguage } from '@/lib/i18n';
import { language, type Language } from '@/lib/language';
import { paths } from '@/lib/paths';
import { useSession, useSettings } from '@/lib/session';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import { Segmented } from '@/components/ui/tabs';
import styles from './me.module.css';

/** 我的: who I am here, my hours, how the screen looks, my devices. */
export default function MePage() {
  const t = useT('me', 'common');
  useTitle(t('common:nav.me'));
  return (
    <div className={styles.page}>
      <div className={styles.column}>
        <Profile />
        <Hours />
      </div>
      <div className={styles.column}>
        <Look />
        <Account />
        <About />
      </div>
    </div>
  );
}

function Profile() {
  const t = useT('me', 'common');
  const { person } = useSession();
  const rows = [
    { label: t('me:number'), value: person.number },
    { label: t('me:kind'), value: t(`common:kind.${person.kind}`) },
    { label: t('me:partyUnit'), value: person.party_unit_name },
    { label: t('me:adminUnit'), value: person.admin_unit_name },
    { label: t('me:stage'), value: person.stage ? t(`common:stage.${person.stage}`) : '' },
    { label: t('me:rank'), value: person.rank ? t(`common:rank.${person.rank}`) : '' },
  ].filter((row) => row.value);
  return (
    <Card>
      <h1 style={{ marginBottom: 10 }}>{person.name}</h1>
      <dl className={styles.facts}>
        {rows.map((row) => (
          <div key={row.label}>
            <dt>{row.label}</dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
      <p style={{ marginTop: 10 }}>
        <AppLink to={paths.myData()} className={`${styles.more} s`}>
          {t('me:data.open')} <Icon name="right" size={14} />
        </AppLink>
      </p>
    </Card>
  );
}

function Hours() {
  const t = useT('me', 'common');
  const { data } = useQuery(myHoursQuery());
  const lead = data && byLead(data.obligations)[0];
  return (
    <CardList>
      <CardItem
        to={paths.myHours()}
        lead={lead && <HoursRing {...lead} size={72} compact />}
        title={t('me:hours.title')}
        detail={
          lead
            ? t('me:hours.sum', {
                done: formatHours(lead.counted_centi),
                all: formatHours(lead.required_centi),
              })
            : t('me:hours.list')
        }
        side={<Icon name="right" size={16} />}
      />
    </CardList>
  );
}

function Look() {
  const t = useT('me');
  const { theme, text } = useAppearance();
  return (
    <Section title={t('me:look.title')}>
      <Card className="stack">
        <Row label={t('me:look.text')}>
          <Segmented
            label={t('me:look.text')}
            current={text}
            onChange={(next) => setAppearance({ text: next })}
            options={[
              { key: 'normal', title: t('me:look.normal') },
              { key: 'large', title: t('me:look.large') },
            ]}
          />
        </Row>
        <Row label={t('me:look.theme')}>
          <Segmented
            label={t('me:look.theme')}
            current={theme}
            onChange={(next) => setAppearance({ theme: next })}
            options={[
              { key: 'system', title: t('me:look.system') },
              { key: 'light', title: t('me:look.light') },
              { key: 'dark', title: t('me:look.dark') },
            ]}
          />
        </Row>
        <Row label={t('me:look.language')}>
          <Segmented<Language>
            label={t('me:look.language')}
            current={language()}
            onChange={(next) => void setLanguage(next)}
            options={[
              { key: 'zh-CN', title: '中文' },
              { key: 'en', title: 'English' },
            ]}
          />
        </Row>
      </Card>
    </Section>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <span aria-hidden="true">{label}</span>
      {children}
    </div>
  );
}

function Account() {
  const t = useT('me', 'common', 'ui');
  const signOut = useSignOut();
  const [asking, setAsking] = useState(false);
  const entry = (icon: IconName) => (
    <span style={{ color: 'var(--ink-2)' }}>
      <Icon name={icon} size={20} />
    </span>
  );
  const arrow = <Icon name="right" size={16} />;
  return (
    <Section title={t('me:account.title')}>
      <CardList>
        <CardItem
          to={paths.myPassword()}
          lead={entry('lock')}
          title={t('me:account.password')}
          side={arrow}
        />
        <CardItem
          to={paths.mySecurity()}
          lead={entry('lock')}
          title={t('me:account.security')}
          side={arrow}
        />
        <CardItem
          to={paths.myDevices()}
          lead={entry('device')}
          title={t('me:account.devices')}
          side={arrow}
        />
        <CardItem onClick={() => setAsking(true)} lead={entry('out')} title={t('common:account.signOut')} />
      </CardList>
      <Dialog
        open={asking}
        title={t('me:account.signOutTitle')}
        onClose={() => setAsking(false)}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>{t('ui:cancel')}</Button>
            <Button kind="primary" busy={signOut.isPending} onClick={() => signOut.mutate()}>
              {t('common:account.signOut')}
            </Button>
          </>
        }
      >
        <p>{t('me:account.signOutText')}</p>
      </Dialog>
    </Section>
  );
}

function About() {
  const settings = useSettings();
  if (!settings) return null;
  return (
    <p className="xs" style={{ textAlign: 'center' }}>
      {[settings.institution, settings.product, released(settings.version)].filter(Boolean).join(' · ')}
    </p>
  );
}

/** The version as the people who run it know it; a build from the source tree has none to tell. */
function released(version: string): string {
  return /^v?\d/.test(version) ? version : '';
}
