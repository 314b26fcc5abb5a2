import { Button, Text, TextInput, Title } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Suspense, useRef, useState, type SubmitEvent } from 'react';
import { Address } from '../../kit/address.tsx';
import type { ViewProps } from '../../kit/feature.ts';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { asProblem } from '../../kit/problem.ts';
import { commonQueries } from '../../kit/query.ts';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { User } from '../../kit/wire.ts';
import classes from './account.module.css';
import { Contact } from './contact.tsx';
import { Devices } from './devices.tsx';
import { changePhone, nameOf } from './me.ts';

const ChangePassword = part(() => import('./change-password.tsx'));

const roles = { admin: 'Office', faculty: 'Faculty', student: 'Student' };

export default function AccountPage({ user }: ViewProps) {
  const [isChanging, setChanging] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { profile } = user;
  const lines: [string, string | undefined][] = [
    ['Name', nameOf(user)],
    ['You are', roles[user.role]],
    ['Student ID', profile.studentId],
    ['Course', profile.courseEnrolled === undefined ? undefined : `${profile.courseEnrolled.courseName}, semester ${profile.semester ?? ''}`],
    ['Designation', profile.designation],
    ['Department', profile.department],
    ['User name', user.username],
    ['Email', user.email],
  ];
  return (
    <>
      <PageHead title="My account" line="What the institute knows of you, and where you are signed in." />
      <section className={classes.card} aria-labelledby="account-who">
        <Title order={2} size="h4" id="account-who">Who you are here</Title>
        <dl className={classes.lines}>
          {lines.map(([label, value]) => value !== undefined && value !== '' && (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{label === 'Email' ? <Address text={value} /> : value}</dd>
            </div>
          ))}
        </dl>
        <Text size="sm" c="dimmed">Is something wrong? Please tell the office, which changes it.</Text>
        {user.role !== 'student' && <Phone key={profile.contactNumber ?? ''} user={user} />}
      </section>
      {user.role === 'student' && <Contact />}
      <section className={classes.card} aria-labelledby="account-password">
        <Title order={2} size="h4" id="account-password">Password</Title>
        {user.mustChangePassword && <Text fw={600} c="var(--caution)">Somebody else knows your password: please choose one of your own.</Text>}
        <Text size="sm" c="dimmed">After a change you stay signed in here, and all your other devices are signed out.</Text>
        <div><Button ref={button} variant={user.mustChangePassword ? 'filled' : 'default'} leftSection={<IconKey size={18} aria-hidden="true" />} onClick={() => setChanging(true)}>Change password</Button></div>
      </section>
      <Devices />
      {isChanging && <Suspense fallback={null}><ChangePassword returnTo={button} onClose={() => setChanging(false)} /></Suspense>}
    </>
  );
}

function Phone({ user }: { user: User }) {
  const known = user.profile.contactNumber ?? '';
  const [phone, setPhone] = useState(known);
  const saving = useMutation({
    mutationFn: () => changePhone(phone.trim()),
    onSuccess: () => {
      void commonQueries.invalidateQueries({ queryKey: ['accounts', 'me'] });
      showToast({ key: 'accounts:phone', title: 'Your telephone number was saved' });
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit} noValidate className={classes.phone}>
      <TextInput label="Telephone" type="tel" autoComplete="tel" value={phone} onChange={(event) => setPhone(event.currentTarget.value)} error={refused?.fields.phoneNumber} />
      <Button type="submit" variant="default" loading={saving.isPending} disabled={phone.trim() === known}>Save</Button>
      {refused !== null && refused.fields.phoneNumber === undefined && <Trouble title="It was not saved"><Text size="sm">{refused.message}</Text></Trouble>}
    </form>
  );
}
