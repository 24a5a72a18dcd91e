import { formatBytes } from '@/lib/bytes';
import { Bar } from './bar';
import { Button } from './button';
import styles from './progress.module.css';
import { useT } from '@/lib/t';

interface UploadProgressProps {
  filename: string;
  /** Bytes. */
  sent: number;
  size: number;
  state: 'sending' | 'paused' | 'waiting' | 'done' | 'failed';
  /** Bytes per second, when known. */
  rate?: number;
  /** Why it failed. */
  problem?: string;
  onPause?: () => void;
  onResume?: () => void;
  onCancel?: () => void;
}

/** A file on its way up by parts; it can rest and go on. */
export function UploadProgress(props: UploadProgressProps) {
  const { filename, sent, size, state, rate, problem, onPause, onResume, onCancel } = props;
  const t = useT('ui');
  const left = rate && rate > 0 ? Math.ceil((size - sent) / rate) : undefined;
  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <span className="ellipsis grow" title={filename}>
          {filename}
        </span>
        <span className="xs num">
          {formatBytes(sent)} / {formatBytes(size)}
        </span>
      </div>
      <Bar
        value={sent}
        max={size}
        label={t('ui:upload.label', { name: filename })}
        tone={state === 'done' ? 'ok' : 'accent'}
      />
      <div className={styles.line}>
        <span
          className={state === 'failed' ? styles.failed : 'xs'}
          role={state === 'failed' ? 'alert' : undefined}
        >
          {state === 'failed' ? (problem ?? t('ui:upload.failed')) : t(`ui:upload.${state}`)}
          {state === 'sending' && rate !== undefined && ` · ${formatBytes(rate)}/s`}
          {state === 'sending' &&
            left !== undefined &&
            ` · ${t('ui:upload.left', { minutes: Math.max(1, Math.round(left / 60)) })}`}
        </span>
        <span className={styles.actions}>
          {state === 'sending' && onPause && (
            <Button small onClick={onPause}>
              {t('ui:upload.pause')}
            </Button>
          )}
          {(state === 'paused' || state === 'failed') && onResume && (
            <Button small onClick={onResume}>
              {t('ui:upload.resume')}
            </Button>
          )}
          {state !== 'done' && onCancel && (
            <Button small kind="quiet" onClick={onCancel}>
              {t('ui:cancel')}
            </Button>
          )}
        </span>
      </div>
    </div>
  );
}
