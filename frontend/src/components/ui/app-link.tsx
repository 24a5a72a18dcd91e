import { Link } from '@tanstack/react-router';
import type { AnchorHTMLAttributes } from 'react';

interface AppLinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** An address from lib/paths. */
  to: string;
  search?: Record<string, string | undefined>;
  replace?: boolean;
}

/** A link inside the application. */
export function AppLink({ to, search, ...rest }: AppLinkProps) {
  return <Link {...rest} to={to} search={search as never} preload="intent" />;
}
