import { useEffect, useSyncExternalStore } from 'react';
import { Icon } from './icon';
import styles from './toast.module.css';
import { useT } from '@/lib/t';

interface Toast {
  id: number;
  text: string;
  onUndo?: () => void;
  ms: number;
}

let toasts: Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Says in passing that something is done. With `onUndo` it can be taken back for ten seconds. */
export function toast(text: string, onUndo?: () => void): void {
  lastId += 1;
  change([...toasts.slice(-2), { id: lastId, text, onUndo, ms: onUndo ? 10_000 : 4_000 }]);
}

function dismiss(id: number): void {
  change(toasts.filter((one) => one.id !== id));
}

/** Where toasts appear; each shell has one. */
export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {shown.map((one) => (
        <ToastView key={one.id} toast={one} />
      ))}
    </div>
  );
}

function ToastView({ toast: { id, text, onUndo, ms } }: { toast: Toast }) {
  const t = useT('ui');
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), ms);
    return () => clearTimeout(timer);
  }, [id, ms]);
  return (
    <div className={styles.toast}>
      <span>{text}</span>
      {onUndo && (
        <button
          type="button"
          onClick={() => {
            onUndo();
            dismiss(id);
          }}
        >
          {t('ui:undo')}
        </button>
      )}
      <button type="button" className={styles.close} aria-label={t('ui:close')} onClick={() => dismiss(id)}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
