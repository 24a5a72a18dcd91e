import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { AppLink } from './app-link';
import styles from './button.module.css';

export interface ButtonLook {
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  small?: boolean;
  /** As wide as its container. */
  block?: boolean;
}

export function buttonClass({ kind = 'plain', small, block }: ButtonLook): string {
  return [styles.button, kind !== 'plain' && styles[kind], small && styles.small, block && styles.block]
    .filter(Boolean)
    .join(' ');
}

interface ButtonProps extends ButtonLook, ButtonHTMLAttributes<HTMLButtonElement> {
  /** Shows that the deed is under way and takes no second press. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  kind,
  small,
  block,
  busy = false,
  children,
  onClick,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      className={`${buttonClass({ kind, small, block })} ${busy ? styles.busy : ''} ${className ?? ''}`}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy && <span className={styles.spinner} aria-hidden="true" />}
      {children}
    </button>
  );
}

interface ButtonLinkProps extends ButtonLook {
  to: string;
  search?: Record<string, string | undefined>;
  children: ReactNode;
}

/** Looks like a button, goes somewhere. */
export function ButtonLink({ to, search, children, ...look }: ButtonLinkProps) {
  return (
    <AppLink to={to} search={search} className={buttonClass(look)}>
      {children}
    </AppLink>
  );
}
