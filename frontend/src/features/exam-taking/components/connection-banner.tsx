import { Button } from '@/components/ui/button';
import { Icon } from '@/components/ui/icon';
import { useOnline } from '@/lib/online';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import type { SittingSnapshot } from '../engine/state';
import styles from './connection-banner.module.css';

interface ConnectionBannerProps {
  snapshot: SittingSnapshot;
  onRetry: () => void;
}

/** What stands between this page and the server, for as long as it does. */
export function ConnectionBanner({ snapshot, onRetry }: ConnectionBannerProps) {
  const t = useT('exam-taking');
  const online = useOnline();
  const { connection, pending, kept } = snapshot;
  const cut = !online || connection === 'retrying';
  return (
    <div role="status" data-testid="connection" data-state={cut ? 'offline' : connection}>
      {connection === 'signed_out' && (
        <p className={styles.banner}>
          <Icon name="lock" size={18} />
          <span className="grow">{t('exam-taking:banner.signedOut', { count: pending })}</span>
          <a href={paths.signIn()} target="_blank" rel="noreferrer">
            {t('exam-taking:banner.signIn')}
          </a>
        </p>
      )}
      {cut && connection !== 'signed_out' && (
        <p className={styles.banner}>
          <Icon name="offline" size={18} />
          <span className="grow">
            {pending > 0
              ? t('exam-taking:banner.cut', { count: pending })
              : t('exam-taking:banner.cutNothing')}
          </span>
          <Button small kind="quiet" onClick={onRetry}>
            {t('exam-taking:banner.retry')}
          </Button>
        </p>
      )}
      {!kept && (
        <p className={styles.banner}>
          <Icon name="alert" size={18} />
          <span className="grow">{t('exam-taking:banner.notKept')}</span>
        </p>
      )}
    </div>
  );
}
