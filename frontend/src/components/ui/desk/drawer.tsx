import { Drawer as KitDrawer } from 'antd';
import type { ReactNode } from 'react';

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
  const { open, title, onClose, children, footer, notice, width = 560, keepOnVeil = false } = props;
  return (
    <KitDrawer
      open={open}
      title={title}
      onClose={onClose}
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
