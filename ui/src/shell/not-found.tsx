import { Button } from '@mantine/core';
import { IconLock, IconMapQuestion } from '@tabler/icons-react';
import { Link } from 'react-router';
import { PageHead } from '../kit/page.tsx';
import { Empty } from '../kit/states.tsx';

const back = <Button component={Link} to="/" variant="light">Go to your home page</Button>;

export function NotFound() {
  return (
    <>
      <PageHead title="Page not found" line="" />
      <Empty icon={<IconMapQuestion size={32} stroke={1.5} />} title="There is no page at this address" action={back}>
        The link may be old, or a letter may be missing.
      </Empty>
    </>
  );
}

export function NotForYou() {
  return (
    <>
      <PageHead title="Not your page" line="" />
      <Empty icon={<IconLock size={32} stroke={1.5} />} title="This page is for other people of the institute" action={back}>
        If you think you should see it, please ask the office.
      </Empty>
    </>
  );
}
