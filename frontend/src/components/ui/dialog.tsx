import { useEffect, useId, useRef, type ReactNode } from 'react';
import { Icon } from './icon';
import styles from './dialog.module.css';
import { useT } from '@/lib/t';

interface DialogProps {
  open: boolean;
  title: ReactNode;
  onClose: () => void;
  children?: ReactNode;
  /** Buttons; the one that goes on stands last. */
  footer?: ReactNode;
  wide?: boolean;
  /** Work under way: neither Escape nor the veil closes. */
  locked?: boolean;
}

/** A question or a small form over the page; a sheet from below on a phone. Focus is trapped by the browser. */
export function Dialog({ open, title, onClose, children, footer, wide, locked }: DialogProps) {
  const t = useT('ui');
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    // The veil is part of the element, so a press on it lands on the dialog itself; Escape does the same by keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className={`${styles.dialog} ${wide ? styles.wide : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) onClose();
      }}
      // Escape closes this dialog and not also the drawer it stands over, which listens on the window.
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.stopPropagation();
      }}
      onClick={(event) => {
        if (event.target === ref.current && !locked) onClose();
      }}
    >
      {open && (
        <>
          <div className={styles.head}>
            <h2 id={id}>{title}</h2>
            {!locked && (
              <button type="button" className={styles.close} aria-label={t('ui:close')} onClick={onClose}>
                <Icon name="close" size={18} />
              </button>
            )}
          </div>
          <div className={styles.body}>{children}</div>
          {footer !== undefined && <div className={styles.foot}>{footer}</div>}
        </>
      )}
    </dialog>
  );
}
