import type { ReactNode } from 'react';
import { Bar } from './bar';
import styles from './progress.module.css';
import { useT } from '@/lib/t';

interface JobProgressProps {
  title: ReactNode;
  /** Accessible name of the bar. */
  label: string;
  /** 0…100; unknown while it waits. */
  percent?: number;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** Why it failed, or what is being done now. */
  detail?: ReactNode;
  actions?: ReactNode;
}

/** Work on the server. The state lives there, so the bar survives a reload. */
export function JobProgress({ title, label, percent = 0, state, detail, actions }: JobProgressProps) {
  const t = useT('ui');
  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <span className="ellipsis grow">{title}</span>
        <span className="xs num">
          {state === 'running' ? `${Math.floor(percent)}%` : t(`ui:job.${state}`)}
        </span>
      </div>
      <Bar
        value={state === 'done' ? 100 : percent}
        max={100}
        label={label}
        tone={state === 'done' ? 'ok' : state === 'failed' ? 'neutral' : 'accent'}
      />
      {(detail !== undefined || actions !== undefined) && (
        <div className={styles.line}>
          <span
            className={state === 'failed' ? styles.failed : 'xs'}
            role={state === 'failed' ? 'alert' : undefined}
          >
            {detail}
          </span>
          <span className={styles.actions}>{actions}</span>
        </div>
      )}
    </div>
  );
}
