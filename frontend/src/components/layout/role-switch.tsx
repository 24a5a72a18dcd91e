import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Icon } from '@/components/ui/icon';
import { PersonName } from '@/components/ui/person-name';
import { setHat, staffRoles, useStaffHat } from '@/lib/hat';
import { paths } from '@/lib/paths';
import { useRoleName } from '@/lib/roles';
import { useSession, type Role } from '@/lib/session';
import { useSignOut } from '@/lib/sign-out';
import { useT } from '@/lib/t';
import styles from './role-switch.module.css';

/** The roles a person holds, the one in force, and how to change it. */
function useRoles() {
  const session = useSession();
  const hat = useStaffHat(session);
  const navigate = useNavigate();
  const inStaff = useRouterState({ select: (state) => state.location.pathname.startsWith(paths.staff()) });
  const current: Role = inStaff && hat ? hat : 'learner';
  const roles: Role[] = ['learner', ...staffRoles(session)];
  function wear(role: Role) {
    if (role !== 'learner') setHat(role);
    void navigate({ to: role === 'learner' ? paths.home() : paths.staff() });
  }
  const nameOf = useRoleName(roles);
  return { session, roles, current, hat, wear, nameOf };
}

/** Every role in sight, each one press away; nothing for who holds only one. */
export function RoleList() {
  const t = useT('common');
  const { roles, current, wear, nameOf } = useRoles();
  if (roles.length < 2) return null;
  return (
    <ul className={styles.roles} aria-label={t('common:account.roles')}>
      {roles.map((role) => (
        <li key={role}>
          <button
            type="button"
            aria-current={role === current ? 'true' : undefined}
            onClick={() => wear(role)}
          >
            {nameOf(role)}
          </button>
        </li>
      ))}
    </ul>
  );
}

const DOORS = 3;

/** From the learner's side to a staff role in one press, the one worn last first; a phone has room for that one, and who holds many finds the rest in the menu. */
export function StaffDoors() {
  const { roles, hat, wear, nameOf } = useRoles();
  const others = roles.filter((role) => role !== 'learner' && role !== hat);
  return (hat ? [hat, ...others] : others).slice(0, DOORS).map((role) => (
    <button
      key={role}
      type="button"
      className={`${styles.button} ${role === hat ? '' : styles.roomy}`}
      onClick={() => wear(role)}
    >
      <Icon name="swap" size={16} />
      {nameOf(role)}
    </button>
  ));
}

/** Who I am here: settings, roles, sign out. */
export function AccountMenu({ up = false }: { up?: boolean }) {
  const t = useT('common');
  const { session, roles, current, wear, nameOf } = useRoles();
  const [open, setOpen] = useState(false);
  const wrap = useRef<HTMLDivElement>(null);
  const signOut = useSignOut();

  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      if (
        event instanceof KeyboardEvent
          ? event.key === 'Escape'
          : !wrap.current?.contains(event.target as Node)
      ) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [open]);

  return (
    <div className={styles.wrap} ref={wrap}>
      <button type="button" className={styles.button} aria-expanded={open} onClick={() => setOpen(!open)}>
        <PersonName name={session.person.name} />
        <span className="visually-hidden">{t('common:account.menu')}</span>
        <Icon name="down" size={14} />
      </button>
      {open && (
        <div className={`${styles.menu} ${up ? styles.up : ''}`}>
          <p className="xs">{session.person.number}</p>
          {roles.length > 1 && (
            <>
              {roles.map((role) => (
                <button
                  key={role}
                  type="button"
                  aria-current={role === current ? 'true' : undefined}
                  onClick={() => {
                    setOpen(false);
                    wear(role);
                  }}
                >
                  {nameOf(role)}
                  {role === current && <Icon name="check" size={16} />}
                </button>
              ))}
              <hr />
            </>
          )}
          <AppLink to={paths.me()} onClick={() => setOpen(false)}>
            {t('common:account.settings')}
          </AppLink>
          <button type="button" onClick={() => signOut.mutate()}>
            {t('common:account.signOut')}
          </button>
        </div>
      )}
    </div>
  );
}
