import { Button, CloseButton, Text } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import classes from './toasts.module.css';

export interface Toast {
  /** A toast replaces an earlier one of the same key. */
  key: string;
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
}

let toasts: readonly Toast[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const isToastShown = (key: string): boolean => toasts.some((toast) => toast.key === key);

export function showToast(toast: Toast): void {
  publish([...toasts.filter((other) => other.key !== toast.key), toast].slice(-3));
}

export function hideToast(key: string): void {
  publish(toasts.filter((toast) => toast.key !== key));
}

export const hideToasts = (): void => publish([]);

const lasts = 9_000;

function Shown({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => hideToast(toast.key), lasts);
    return () => clearTimeout(timer);
  }, [toast, held]);
  const { action } = toast;
  return (
    // The listeners only keep the notice from leaving while somebody reads it.
    <div role="group" className={classes.toast} onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)} onFocus={() => setHeld(true)} onBlur={() => setHeld(false)}>
      <div className={classes.words}>
        <Text fw={600} size="sm">{toast.title}</Text>
        {toast.text !== undefined && <Text size="sm" lineClamp={2}>{toast.text}</Text>}
      </div>
      {action !== undefined && (
        <Button
          size="sm"
          variant="light"
          onClick={() => {
            hideToast(toast.key);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <CloseButton size="lg" aria-label="Close this notice" onClick={() => hideToast(toast.key)} />
    </div>
  );
}

/** Gentle notices. The region is always there, or a screen reader would not notice the first one. */
export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className={classes.region} role="status" aria-live="polite" aria-relevant="additions text" aria-label="Notices">
      {shown.map((toast) => <Shown key={toast.key} toast={toast} />)}
    </div>
  );
}
