import { Drawer as KitDrawer } from 'antd';
import type { ReactNode } from 'react';

interface DrawerProps {
  open: boolean;
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the foot; the one that goes on stands last. */
  footer?: ReactNode;
  /** Pixels; the screen is the limit. */
  width?: number;
}

/** A form or a closer look beside the list it came from. */
export function Drawer({ open, title, onClose, children, footer, width = 560 }: DrawerProps) {
  return (
    <KitDrawer
      open={open}
      title={title}
      onClose={onClose}
      size={Math.min(width, window.innerWidth)}
      destroyOnHidden
      footer={
        footer === undefined ? undefined : (
          <div className="row wrap" style={{ justifyContent: 'flex-end', padding: '8px 0' }}>
            {footer}
          </div>
        )
      }
    >
      {children}
    </KitDrawer>
  );
}
