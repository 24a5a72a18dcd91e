import type { ReactNode } from 'react';
import { isNetwork, isProblem } from '@/lib/problem';
import { useOnline } from '@/lib/online';
import { Button } from './button';
import { Icon, type IconName } from './icon';
import styles from './state-view.module.css';
import { useT, type Say } from '@/lib/t';

interface EmptyProps {
  title: ReactNode;
  /** What to do about it, or why it is so. */
  children?: ReactNode;
  action?: ReactNode;
  icon?: IconName;
  compact?: boolean;
}

/** There is nothing here, and that is in order. */
export function Empty({ title, children, action, icon = 'inbox', compact }: EmptyProps) {
  return (
    <div className={`${styles.state} ${compact ? styles.compact : ''}`}>
      <Icon name={icon} size={32} />
      <b>{title}</b>
      {children !== undefined && <p>{children}</p>}
      {action !== undefined && <div className={styles.actions}>{action}</div>}
    </div>
  );
}

/** It went wrong: what, what to do, and a number to quote. */
export function ErrorState({
  error,
  onRetry,
  compact,
}: {
  error: unknown;
  onRetry?: () => void;
  compact?: boolean;
}) {
  const t = useT('ui', 'problem.network');
  const online = useOnline();
  if (isNetwork(error) && (!online || error.kind === 'offline'))
    return <OfflineState onRetry={onRetry} compact={compact} />;
  const missing = isProblem(error) && error.status === 404;
  return (
    <div className={`${styles.state} ${compact ? styles.compact : ''}`} role="alert">
      <Icon name={missing ? 'search' : 'alert'} size={32} />
      <b>{missing ? t('ui:state.missing') : t('ui:state.failed')}</b>
      <p>{problemText(error, t)}</p>
      {isProblem(error) && error.requestId && !missing && (
        <p className="xs">{t('ui:state.request', { id: error.requestId })}</p>
      )}
      {onRetry && !missing && (
        <div className={styles.actions}>
          <Button small onClick={onRetry}>
            {t('ui:state.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** No network. What was loaded before stays readable; this shows when there is nothing to show. */
export function OfflineState({ onRetry, compact }: { onRetry?: () => void; compact?: boolean }) {
  const t = useT('ui');
  return (
    <div className={`${styles.state} ${compact ? styles.compact : ''}`} role="status">
      <Icon name="offline" size={32} />
      <b>{t('ui:state.offline')}</b>
      <p>{t('ui:state.offlineHint')}</p>
      {onRetry && (
        <div className={styles.actions}>
          <Button small onClick={onRetry}>
            {t('ui:state.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** One sentence for any error, in the page's language. `t` holds ui and problem.network. */
export function problemText(error: unknown, t: Say): string {
  if (isProblem(error)) return error.text;
  if (isNetwork(error)) return t(`problem.network:${error.kind}`);
  return t('ui:state.unexpected');
}

/** A grey shape where text will be. Width in percent or any CSS length. */
export function Skeleton({ width = '100%', height = '1rem' }: { width?: string; height?: string }) {
  return <span className={styles.skeleton} style={{ width, height }} aria-hidden="true" />;
}

const widths = ['62%', '88%', '74%', '93%', '55%', '81%'];

/** Grey lines for a card or a list that is loading. */
export function SkeletonLines({ lines = 4 }: { lines?: number }) {
  const t = useT('ui');
  return (
    <div className={styles.lines} role="status" aria-label={t('ui:state.loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} width={widths[line % widths.length]} />
      ))}
    </div>
  );
}

interface Result<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  isError: boolean;
  fetchStatus: string;
  refetch: () => unknown;
}

interface StateViewProps<T> {
  /** What useQuery returned. */
  query: Result<T>;
  children: (data: T) => ReactNode;
  skeleton?: ReactNode;
  /** Says when the data is as good as nothing. */
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  compact?: boolean;
}

/** The states of something loaded: skeleton, empty, error, offline, and the thing itself. Old data stays on screen. */
export function StateView<T>({ query, children, skeleton, isEmpty, empty, compact }: StateViewProps<T>) {
  const t = useT('ui', 'problem.network');
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    if (isEmpty?.(query.data)) return <>{empty}</>;
    return (
      <>
        {query.isError && (
          <div className={styles.stale} role="status">
            <Icon name="offline" size={18} />
            <span>{t('ui:state.stale')}</span>
            <Button small kind="quiet" onClick={retry}>
              {t('ui:state.retry')}
            </Button>
          </div>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <ErrorState error={query.error} onRetry={retry} compact={compact} />;
  if (query.fetchStatus === 'paused') return <OfflineState onRetry={retry} compact={compact} />;
  return <>{skeleton ?? <SkeletonLines />}</>;
}

/** A sentence that stands in the page, not over it. */
export function Notice({
  tone = 'plain',
  icon,
  role,
  children,
}: {
  tone?: 'plain' | 'accent' | 'warn' | 'ok';
  icon?: IconName;
  role?: 'alert' | 'status';
  children: ReactNode;
}) {
  return (
    <div className={`${styles.notice} ${tone === 'plain' ? '' : styles[tone]}`} role={role}>
      {icon && <Icon name={icon} size={18} />}
      <div className="grow">{children}</div>
    </div>
  );
}
