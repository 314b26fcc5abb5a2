import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { useReturnFocus } from './return-focus.ts';

interface SideDrawerProps {
  title: string;
  /** At most so many pixels; a phone shows nothing beside it. */
  width: number;
  /** Something is on its way to the server: who closed it now would not learn what became of that, and lose what they wrote. */
  isBusy: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A form at the side of the page. A click beside it closes nothing: what was written would be lost. */
export function SideDrawer({ title, width, isBusy, onClose, children }: SideDrawerProps) {
  useReturnFocus();
  return (
    <Drawer opened onClose={onClose} position="right" size={`clamp(320px, 100vw, ${width}px)`} title={title} closeOnClickOutside={false} closeOnEscape={!isBusy} closeButtonProps={{ 'aria-label': 'Close', size: 'lg', disabled: isBusy }}>
      {children}
    </Drawer>
  );
}
