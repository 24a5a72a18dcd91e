import { useQuery } from '@tanstack/react-query';
import { Card } from '@/components/ui/card';
import { Icon } from '@/components/ui/icon';
import { useOnline } from '@/lib/online';
import { useT } from '@/lib/t';
import { measureRoundTrip, type LoadedExam } from '../api/my-exam';
import { openJournal } from '../engine/journal';
import styles from './device-check.module.css';

type State = 'ok' | 'warn' | 'wait';

/** Writes one operation, reads it back, and takes it away again. */
async function journalWorks(): Promise<boolean> {
  try {
    const journal = await openJournal(indexedDB, 'zhixing-exam-check');
    const op = { attempt_id: 'check', op_id: 'check', item: '', value: [], at: '1970-01-01T00:00:00Z' };
    await journal.append(op, 0);
    const read = await journal.load('check');
    await journal.settle('check', ['check'], 'saved', op.at);
    await journal.prune('', '2000-01-01T00:00:00Z');
    journal.close();
    return read.length > 0;
  } catch {
    return false;
  }
}

/** Whether this device and this network will do, before the time runs. */
export function DeviceCheck({ loaded }: { loaded: LoadedExam }) {
  const t = useT('exam-taking');
  const online = useOnline();
  const trip = useQuery({
    queryKey: ['exam-taking', 'round-trip'],
    queryFn: measureRoundTrip,
    refetchInterval: 15_000,
    retry: false,
  });
  const journal = useQuery({
    queryKey: ['exam-taking', 'journal'],
    queryFn: journalWorks,
    staleTime: 60_000,
  });
  const network: State =
    !online || trip.isError ? 'warn' : trip.data === undefined ? 'wait' : trip.data > 2_000 ? 'warn' : 'ok';
  const store: State = journal.data === undefined ? 'wait' : journal.data ? 'ok' : 'warn';
  const apart = clockApartS(loaded);
  return (
    <Card>
      <h2>{t('exam-taking:check.title')}</h2>
      <ul className={styles.list} data-testid="device-check">
        <Row state={network} title={t('exam-taking:check.network')}>
          {network === 'ok' && t('exam-taking:check.networkOk')}
          {network === 'warn' &&
            (online && !trip.isError
              ? t('exam-taking:check.networkSlow')
              : t('exam-taking:check.networkCut'))}
        </Row>
        <Row state={store} title={t('exam-taking:check.store')}>
          {store === 'ok' && t('exam-taking:check.storeOk')}
          {store === 'warn' && t('exam-taking:check.storeMissing')}
        </Row>
        <Row state="ok" title={t('exam-taking:check.clock')}>
          {apart < 60
            ? t('exam-taking:check.clockOk')
            : t('exam-taking:check.clockApart', { minutes: Math.round(apart / 60) })}
        </Row>
      </ul>
    </Card>
  );
}

/** By how many seconds the device's clock differs; a courtesy, since it decides nothing. */
function clockApartS({ serverNow, gotAt }: LoadedExam): number {
  const wallThen = Date.now() - (performance.now() - gotAt);
  return Math.abs(wallThen - Date.parse(serverNow)) / 1_000;
}

function Row({ state, title, children }: { state: State; title: string; children: React.ReactNode }) {
  return (
    <li data-state={state}>
      <span className={`${styles.mark} ${styles[state]}`}>
        <Icon name={state === 'ok' ? 'check' : state === 'warn' ? 'alert' : 'clock'} size={16} />
      </span>
      <span className="grow">
        {title}
        <span className="s" style={{ display: 'block' }}>
          {children}
        </span>
      </span>
    </li>
  );
}
