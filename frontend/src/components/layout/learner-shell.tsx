import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { Suspense, useState, type FormEvent } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Icon, type IconName } from '@/components/ui/icon';
import { SkeletonLines } from '@/components/ui/state-view';
import { useOnline } from '@/lib/online';
import { paths } from '@/lib/paths';
import { ImpersonationBanner } from './impersonation-banner';
import { AccountMenu, StaffDoors } from './role-switch';
import styles from './learner-shell.module.css';
import { useT } from '@/lib/t';

type Place = 'home' | 'courses' | 'exams' | 'me';

const places: { key: Place; icon: IconName; to: string }[] = [
  { key: 'home', icon: 'home', to: paths.home() },
  { key: 'courses', icon: 'course', to: paths.courses() },
  { key: 'exams', icon: 'exam', to: paths.exams() },
  { key: 'me', icon: 'me', to: paths.me() },
];

function placeOf(pathname: string): Place {
  if (/^\/(courses|lessons)/.test(pathname)) return 'courses';
  if (/^\/(exams|attempts)/.test(pathname)) return 'exams';
  if (pathname.startsWith('/me')) return 'me';
  return 'home';
}

/** Bottom tabs on a phone, a top bar on a desk. */
export function LearnerShell() {
  const t = useT('common');
  const here = useRouterState({ select: (state) => placeOf(state.location.pathname) });
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        {t('common:skip')}
      </a>
      <header className={styles.top}>
        <div className="row" style={{ gap: 28 }}>
          <AppLink to={paths.home()} className={styles.brand}>
            {t('common:product')}
          </AppLink>
          <nav className={styles.nav} aria-label={t('common:nav.main')}>
            {places.map(({ key, to }) => (
              <AppLink
                key={key}
                to={to}
                data-on={key === here}
                aria-current={key === here ? 'page' : undefined}
              >
                {t(`common:nav.${key}`)}
              </AppLink>
            ))}
          </nav>
        </div>
        <div className="row">
          <SearchBox />
          <StaffDoors />
          <AccountMenu />
        </div>
      </header>
      <ImpersonationBanner />
      <OfflineBanner />
      <main id="main" className={styles.main} tabIndex={-1}>
        <Suspense fallback={<SkeletonLines lines={6} />}>
          <Outlet />
        </Suspense>
      </main>
      <nav className={styles.tabs} aria-label={t('common:nav.main')}>
        {places.map(({ key, icon, to }) => (
          <AppLink key={key} to={to} data-on={key === here} aria-current={key === here ? 'page' : undefined}>
            <Icon name={icon} />
            {t(`common:nav.${key}`)}
          </AppLink>
        ))}
      </nav>
    </div>
  );
}

function SearchBox() {
  const t = useT('common');
  const navigate = useNavigate();
  const [text, setText] = useState('');
  function go(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '') return;
    void navigate({ to: paths.courses(), search: { q: text.trim() } as never });
    setText('');
  }
  return (
    <form className={styles.search} role="search" onSubmit={go}>
      <Icon name="search" size={16} />
      <input
        aria-label={t('common:search.learner')}
        placeholder={t('common:search.learner')}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

/** Says that the device is without network, for as long as it is. */
export function OfflineBanner() {
  const t = useT('common');
  const online = useOnline();
  if (online) return null;
  return (
    <div className={styles.offline} role="status">
      <Icon name="offline" size={18} />
      {t('common:offline')}
    </div>
  );
}
