import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect, useRef, useState, type FormEvent } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { DeskProvider } from '@/components/ui/desk/desk-provider';
import { Icon } from '@/components/ui/icon';
import { SkeletonLines } from '@/components/ui/state-view';
import { useCrumb } from '@/lib/crumb';
import { useStaffHat } from '@/lib/hat';
import { paths } from '@/lib/paths';
import { useSession, type Role } from '@/lib/session';
import { ImpersonationBanner } from './impersonation-banner';
import { OfflineBanner } from './learner-shell';
import { AccountMenu, RoleList } from './role-switch';
import { activeItem, navFor, type NavItem } from './staff-nav';
import styles from './staff-shell.module.css';
import { useT } from '@/lib/t';

/** Side navigation by role, breadcrumbs, search; a drawer on a phone. */
export default function StaffShell() {
  const t = useT('common');
  const session = useSession();
  const hat = useStaffHat(session);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const active = activeItem(pathname);
  const menu = useRef<HTMLElement>(null);
  // In a long menu the entry of the page is in sight.
  useEffect(() => {
    if (active) menu.current?.querySelector('[data-on="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  // The drawer was opened on one page and is closed on any other.
  const [openOn, setOpenOn] = useState<string>();
  const open = openOn === pathname;
  const setOpen = (next: boolean) => setOpenOn(next ? pathname : undefined);
  return (
    <DeskProvider>
      <div className={styles.shell}>
        <aside ref={menu} className={styles.side} data-open={open} aria-label={t('common:product')}>
          <AppLink to={paths.staff()} className={styles.brand}>
            {t('common:product')}
          </AppLink>
          <nav aria-label={t('common:nav.staff')}>
            {navFor(session, hat).map((group) => (
              <div key={group.key} className={styles.group}>
                {group.key !== 'work' && <p>{t(`common:staffGroup.${group.key}`)}</p>}
                {group.items.map((item) => (
                  <AppLink
                    key={item.key}
                    to={item.to}
                    data-on={item.key === active?.key}
                    aria-current={item.key === active?.key ? 'page' : undefined}
                  >
                    {t(`common:staffNav.${item.key}`)}
                  </AppLink>
                ))}
              </div>
            ))}
          </nav>
          <div className={styles.foot}>
            <RoleList />
            <AccountMenu up />
          </div>
        </aside>
        <button
          type="button"
          className={styles.veil}
          aria-label={t('common:nav.close')}
          onClick={() => setOpen(false)}
        />
        <div className={styles.right}>
          <header className={styles.top}>
            <div className="row">
              <button
                type="button"
                className={styles.burger}
                aria-label={t('common:nav.open')}
                aria-expanded={open}
                onClick={() => setOpen(!open)}
              >
                <Icon name="menu" />
              </button>
              <Crumbs />
            </div>
            <SearchBox hat={hat} active={active} />
          </header>
          <ImpersonationBanner />
          <OfflineBanner />
          <main id="main" className={styles.main} tabIndex={-1}>
            <Suspense fallback={<SkeletonLines lines={8} />}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
    </DeskProvider>
  );
}

function Crumbs() {
  const t = useT('common');
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const active = activeItem(pathname);
  const leaf = useCrumb(pathname);
  const atList = !active || pathname.replace(/\/$/, '') === active.to;
  return (
    <nav aria-label={t('common:nav.crumbs')}>
      <ol className={styles.crumbs}>
        {active && active.key !== 'overview' && (
          <li>
            <AppLink to={paths.staff()}>{t('common:staffNav.overview')}</AppLink>
          </li>
        )}
        {active && (
          <li>
            {atList ? (
              <span aria-current="page">{t(`common:staffNav.${active.key}`)}</span>
            ) : (
              <AppLink to={active.to}>{t(`common:staffNav.${active.key}`)}</AppLink>
            )}
          </li>
        )}
        {!atList && leaf !== undefined && (
          <li>
            <span aria-current="page" className="ellipsis" style={{ maxWidth: '20em' }}>
              {leaf}
            </span>
          </li>
        )}
      </ol>
    </nav>
  );
}

/** Searches the lists of the role in force: the one in view first, else people, else the first there is. */
function SearchBox({ hat, active }: { hat: Role | undefined; active: NavItem | undefined }) {
  const t = useT('common');
  const session = useSession();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string>();
  const lists = navFor(session, hat)
    .flatMap((group) => group.items)
    .filter((item) => item.searched);
  const list =
    lists.find((item) => item.key === (chosen ?? active?.key)) ??
    lists.find((item) => item.key === 'people') ??
    lists[0];
  if (!list) return null;
  const label = t('common:search.in', { list: t(`common:staffNav.${list.key}`) });
  function go(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '') return;
    void navigate({ to: list!.to, search: { q: text.trim() } as never });
    setText('');
    setChosen(undefined);
  }
  return (
    <form className={styles.search} role="search" onSubmit={go}>
      <Icon name="search" size={16} />
      {lists.length > 1 && (
        <select
          aria-label={t('common:search.where')}
          value={list.key}
          onChange={(event) => setChosen(event.target.value)}
        >
          {lists.map((item) => (
            <option key={item.key} value={item.key}>
              {t(`common:staffNav.${item.key}`)}
            </option>
          ))}
        </select>
      )}
      <input
        aria-label={label}
        placeholder={t('common:search.short')}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}
