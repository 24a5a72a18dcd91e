import { Drawer as KitDrawer } from 'antd';
import { useEffect, useMemo, type ReactNode } from 'react';
import { useT } from '@/lib/t';
import { Icon } from '../icon';

interface DrawerProps {
  open: boolean;
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the foot; the one that goes on stands last. */
  footer?: ReactNode;
  /** Stands above the buttons, in sight however far the drawer is scrolled. */
  notice?: ReactNode;
  /** Pixels; the screen is the limit. */
  width?: number;
  /** A press beside the drawer leaves it open: something may have been typed. */
  keepOnVeil?: boolean;
}

/** A closer look beside the list it came from; for a form see FormDrawer. */
export function Drawer(props: DrawerProps) {
  const t = useT('ui');
  const { open, title, onClose, children, footer, notice, width = 560, keepOnVeil = false } = props;
  useFocusBack(open);
  return (
    <KitDrawer
      open={open}
      title={title}
      onClose={(event) => {
        // The same Escape must not also close the question that this may open.
        event.preventDefault();
        onClose();
      }}
      closable={{ 'aria-label': t('ui:close'), closeIcon: <Icon name="close" size={18} /> }}
      size={Math.min(width, window.innerWidth)}
      mask={{ closable: !keepOnVeil }}
      destroyOnHidden
      footer={
        footer === undefined ? undefined : (
          <div className="stack" style={{ gap: 8, padding: '8px 0' }}>
            {notice}
            <div className="row wrap" style={{ justifyContent: 'flex-end' }}>
              {footer}
            </div>
          </div>
        )
      }
    >
      {children}
    </KitDrawer>
  );
}

/** The focus goes back to what opened the drawer: also when it is closed before it has wholly opened, or unmounted. */
function useFocusBack(open: boolean): void {
  const opener = useMemo(() => (open ? document.activeElement : null), [open]);
  useEffect(() => {
    if (!(opener instanceof HTMLElement)) return undefined;
    let closed = false;
    return () => {
      if (closed) return;
      closed = true;
      setTimeout(() => {
        const now = document.activeElement;
        const nowhere = now === null || now === document.body || now.closest('.ant-drawer') !== null;
        const another = document.querySelector('.ant-drawer-open [role="dialog"]') !== null;
        if (opener.isConnected && nowhere && !another) opener.focus();
      }, 0);
    };
  }, [opener]);
}
