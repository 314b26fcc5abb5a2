import { Button, Group } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Empty } from '../kit/states.tsx';

interface CrashBoundaryProps {
  children: ReactNode;
  /** Inside the layout: header and navigation stay usable. */
  inPage?: boolean;
}

/** A part of the page that cannot be drawn must not take the rest with it. */
export class CrashBoundary extends Component<CrashBoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error('The page could not be drawn', error, info.componentStack);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const explanation = (
      <div role="alert">
        <Empty
          icon={<IconAlertTriangle size={32} stroke={1.5} />}
          title="This page stopped working"
          action={(
            <Group>
              <Button onClick={() => window.location.reload()}>Load it again</Button>
              <Button variant="default" onClick={() => window.location.assign('/')}>Home</Button>
            </Group>
          )}
        >
          Nothing you saved is lost. Loading the page again usually helps; Lamplight may also have been renewed while you had it open.
        </Empty>
      </div>
    );
    return this.props.inPage === true ? explanation : <main>{explanation}</main>;
  }
}
