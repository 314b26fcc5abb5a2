import { Modal } from '@mantine/core';
import type { ReactNode, RefObject } from 'react';
import { useReturnFocus } from './return-focus.ts';

interface DialogProps {
  title: string;
  size?: 'lg';
  /** Something is on its way to the server: who closed it now would not learn what became of that. */
  isBusy?: boolean;
  /** Where the focus goes when what had it before is gone. */
  returnTo?: RefObject<HTMLElement | null>;
  onClose: () => void;
  children: ReactNode;
}

/** Something short in the middle of the page. */
export function Dialog({ title, size, isBusy = false, returnTo, onClose, children }: DialogProps) {
  useReturnFocus(returnTo);
  return (
    <Modal opened onClose={onClose} title={title} size={size} centered closeOnEscape={!isBusy} closeOnClickOutside={!isBusy} closeButtonProps={{ 'aria-label': 'Close', disabled: isBusy }}>
      {children}
    </Modal>
  );
}
