import { Skeleton, Stack } from '@mantine/core';
import { Waiting } from '../kit/states.tsx';
import { useLiveState } from '../realtime/live.tsx';

export function PageSkeleton() {
  const { shown } = useLiveState();
  if (shown === 'offline' || shown === 'reconnecting') return <Waiting />;
  return (
    <div role="status" aria-label="Loading the page">
      <Skeleton height={32} width={220} mb={8} />
      <Skeleton height={16} width={260} mb="lg" />
      <Stack>
        <Skeleton height={116} radius="lg" />
        <Skeleton height={116} radius="lg" />
        <Skeleton height={116} radius="lg" />
      </Stack>
    </div>
  );
}
