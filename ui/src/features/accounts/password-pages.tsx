import { Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { Link, useLocation } from 'react-router';
import { Lamp } from '../../kit/lamp.tsx';
import { useTitle } from '../../kit/page.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import { askForLink, setPassword } from './me.ts';
import classes from './sign-in-page.module.css';

function Shell({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <main className={classes.page}>
      <Stack gap="lg" className={classes.column}>
        <div className={classes.brand}>
          <Lamp size={56} />
          <Title order={1} size="h2" ta="center">{title}</Title>
        </div>
        <Paper withBorder p="lg" radius="lg" className={classes.card}>{children}</Paper>
        <Text ta="center"><Link to="/sign-in" className={classes.back}>Back to signing in</Link></Text>
      </Stack>
    </main>
  );
}

/** Asks for a mail with a link. What is answered is the same whether there is such an account or not. */
export function ForgotPasswordPage() {
  const [email, setEmail] = useState('');
  const [missing, setMissing] = useState<string | null>(null);
  const asking = useMutation({ mutationFn: () => askForLink(email.trim()) });
  const refused = asking.error === null ? null : asProblem(asking.error);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const isMissing = email.trim() === '';
    setMissing(isMissing ? 'Write the email address you sign in with.' : null);
    if (!isMissing) asking.mutate();
  };
  return (
    <Shell title="Forgotten your password?">
      {asking.data !== undefined
        ? <Text role="status">{asking.data}</Text>
        : (
            <form onSubmit={submit} noValidate>
              <Stack>
                <Text size="sm">You get a mail with a link to choose a new one.</Text>
                <TextInput
                  label="Email"
                  type="email"
                  autoComplete="username"
                  value={email}
                  onChange={(event) => {
                    setEmail(event.currentTarget.value);
                    setMissing(null);
                  }}
                  error={missing ?? refused?.fields.email}
                />
                {refused !== null && refused.fields.email === undefined && <Trouble><Text size="sm">{refused.message}</Text></Trouble>}
                <Button type="submit" fullWidth loading={asking.isPending}>Send the link</Button>
              </Stack>
            </form>
          )}
    </Shell>
  );
}

/** Chooses a new password with the link of a mail. Its token stands behind the `#`, which no server and no proxy is ever sent. */
export function ResetPasswordPage() {
  const token = useLocation().hash.slice(1);
  const [password, setNew] = useState('');
  const [again, setAgain] = useState('');
  const [problems, setProblems] = useState<{ password?: string; again?: string }>({});
  const setting = useMutation({ mutationFn: () => setPassword(token, password) });
  const refused = setting.error === null ? null : asProblem(setting.error);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const found: { password?: string; again?: string } = {};
    if (password === '') found.password = 'Write a new password.';
    if (again !== password) found.again = 'This is not the same as the new password.';
    setProblems(found);
    if (Object.keys(found).length === 0) setting.mutate();
  };
  return (
    <Shell title="Choose a new password">
      {setting.data !== undefined && <Text role="status">{setting.data}</Text>}
      {setting.data === undefined && token === '' && <Trouble><Text size="sm">This link is not whole. Open it from the mail once more.</Text></Trouble>}
      {setting.data === undefined && token !== '' && (
        <form onSubmit={submit} noValidate>
          <Stack>
            <PasswordInput label="New password" autoComplete="new-password" value={password} onChange={(event) => setNew(event.currentTarget.value)} error={problems.password ?? refused?.fields.password} visibilityToggleButtonProps={{ 'aria-label': 'Show or hide: New password' }} />
            <PasswordInput label="New password once more" autoComplete="new-password" value={again} onChange={(event) => setAgain(event.currentTarget.value)} error={problems.again ?? refused?.fields.confirmPassword} visibilityToggleButtonProps={{ 'aria-label': 'Show or hide: New password once more' }} />
            {refused !== null && Object.keys(refused.fields).length === 0 && <Trouble><Text size="sm">{refused.message}</Text></Trouble>}
            <Button type="submit" fullWidth loading={setting.isPending}>Set the password</Button>
          </Stack>
        </form>
      )}
    </Shell>
  );
}
