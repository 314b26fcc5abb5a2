import { Skeleton, Stack } from '@mantine/core';

export function PageSkeleton() {
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
