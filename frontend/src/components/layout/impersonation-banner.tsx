import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { serverNow } from '@/lib/clock';
import { http } from '@/lib/http';
import { paths } from '@/lib/paths';
import { useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { playTime } from '@/lib/time';
import styles from './impersonation-banner.module.css';

/** Says, for as long as somebody looks as another, who, as whom, why and how long still; and ends it. */
export function ImpersonationBanner() {
  const t = useT('common');
  const { impersonation, person } = useSession();
  const [left, setLeft] = useState<number>();
  const [busy, setBusy] = useState(false);
  const endsAt = impersonation && Date.parse(impersonation.ends_at);
  useEffect(() => {
    if (endsAt === undefined) return;
    const tell = () => {
      const rest = endsAt - serverNow();
      // What the pages hold is another person's: nothing of it stays.
      if (rest <= 0) window.location.assign(paths.staffPerson(person.id));
      setLeft(Math.max(0, rest));
    };
    tell();
    const timer = setInterval(tell, 1000);
    return () => clearInterval(timer);
  }, [endsAt, person.id]);
  if (!impersonation) return null;
  async function end() {
    setBusy(true);
    // It may have ended by itself: either way the session is one's own again.
    await http.post('/session/end-impersonation').catch(() => undefined);
    window.location.assign(paths.staffPerson(person.id));
  }
  return (
    <div className={styles.banner} role="status" aria-label={t('common:impersonation.label')}>
      <span>
        <b>{t('common:impersonation.as', { by: impersonation.by_name, name: person.name })}</b>{' '}
        {t('common:impersonation.reason', { reason: impersonation.reason })}
      </span>
      <span className="row">
        {left !== undefined && (
          <span className="num" aria-live="off">
            {t('common:impersonation.left', { left: playTime(left) })}
          </span>
        )}
        <Button small busy={busy} onClick={() => void end()}>
          {t('common:impersonation.end')}
        </Button>
      </span>
    </div>
  );
}
