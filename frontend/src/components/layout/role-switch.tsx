import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { Icon } from '@/components/ui/icon';
import { PersonName } from '@/components/ui/person-name';
import { setHat, staffRoles, useStaffHat } from '@/lib/hat';
import { paths } from '@/lib/paths';
import { useSession, type Role } from '@/lib/session';
import { useSignOut } from '@/lib/sign-out';
import styles from './role-switch.module.css';
import { useT } from '@/lib/t';

/** Who I am here; one click changes the role when there are several. */
export function RoleSwitch({ up = false }: { up?: boolean }) {
  const t = useT('common');
  const session = useSession();
  const hat = useStaffHat(session);
  const inStaff = useRouterState({ select: (state) => state.location.pathname.startsWith(paths.staff()) });
  const current: Role = inStaff && hat ? hat : 'learner';
  const [open, setOpen] = useState(false);
  const wrap = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const signOut = useSignOut();
  const roles: Role[] = ['learner', ...staffRoles(session)];

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

  function wear(role: Role) {
    setOpen(false);
    if (role !== 'learner') setHat(role);
    void navigate({ to: role === 'learner' ? paths.home() : paths.staff() });
  }

  return (
    <div className={styles.wrap} ref={wrap}>
      <button
        type="button"
        className={styles.button}
        aria-expanded={open}
        aria-label={t('common:account.menu', { name: session.person.name })}
        onClick={() => setOpen(!open)}
      >
        <PersonName name={session.person.name} />
        <Icon name="down" size={14} />
      </button>
      {open && (
        <div className={`${styles.menu} ${up ? styles.up : ''}`}>
          <p className="xs">{session.person.number}</p>
          {roles.length > 1 && (
            <>
              {roles.map((role) => (
                <button key={role} type="button" aria-current={role === current} onClick={() => wear(role)}>
                  {t(`common:role.${role}`)}
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
