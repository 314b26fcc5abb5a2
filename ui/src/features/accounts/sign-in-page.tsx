import { Alert, Button, Paper, PasswordInput, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type SubmitEvent } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { instituteQuery } from '../../kit/institute.ts';
import { Lamp } from '../../kit/lamp.tsx';
import { useTitle } from '../../kit/page.tsx';
import { asProblem } from '../../kit/problem.ts';
import { session, useSession } from '../../kit/session.ts';
import { Trouble } from '../../kit/states.tsx';
import { DemoCards } from './demo-cards.tsx';
import { meQuery, signIn } from './me.ts';
import { nextAddress } from './next-address.ts';
import classes from './sign-in-page.module.css';

interface Missing {
  email?: string;
  password?: string;
}

export function SignInPage() {
  useTitle('Sign in');
  const { token, ended } = useSession();
  const [params] = useSearchParams();
  const institute = useQuery(instituteQuery);
  const queries = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState<Missing>({});
  const emailField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  const signing = useMutation({
    mutationFn: (who: { email: string; password: string }) => signIn(who.email, who.password),
    onSuccess: (answer) => {
      queries.setQueryData(meQuery(answer.token).queryKey, answer.user);
      session.begin(answer.token);
    },
    onError: () => passwordField.current?.focus(),
  });

  if (token !== null) return <Navigate to={nextAddress(params.get('next'))} replace />;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const problems: Missing = {};
    if (email.trim() === '') problems.email = 'Write your email or student ID.';
    if (password === '') problems.password = 'Write your password.';
    setMissing(problems);
    if (problems.email !== undefined) emailField.current?.focus();
    else if (problems.password !== undefined) passwordField.current?.focus();
    else signing.mutate({ email: email.trim(), password });
  };

  const refused = signing.error === null ? null : asProblem(signing.error);
  const emailError = missing.email ?? refused?.fields.email;
  const passwordError = missing.password ?? refused?.fields.password;

  return (
    <main className={classes.page}>
      <Stack gap="lg" className={classes.column}>
        <div className={classes.brand}>
          <Lamp size={56} />
          <Title order={1} size="h2" ta="center">Lamplight</Title>
          <div className={classes.institute}>
            {institute.data === undefined && institute.isPending ? <Skeleton height={16} width={200} mt={4} /> : <Text c="dimmed" ta="center">{institute.data?.name}</Text>}
          </div>
        </div>
        {ended !== null && <Alert role="status" variant="default" icon={<IconInfoCircle aria-hidden="true" />}>{ended}</Alert>}
        <Paper withBorder p="lg" radius="lg" className={classes.card}>
          <form onSubmit={submit} noValidate>
            <Stack>
              <TextInput
                ref={emailField}
                label="Email or student ID"
                name="username"
                autoComplete="username"
                autoCapitalize="none"
                autoCorrect="off"
                spellCheck={false}
                value={email}
                onChange={(event) => {
                  setEmail(event.currentTarget.value);
                  setMissing(({ password: kept }) => (kept === undefined ? {} : { password: kept }));
                }}
                error={emailError}
                required
                withAsterisk={false}
              />
              <PasswordInput
                ref={passwordField}
                label="Password"
                name="password"
                autoComplete="current-password"
                value={password}
                onChange={(event) => {
                  setPassword(event.currentTarget.value);
                  setMissing(({ email: kept }) => (kept === undefined ? {} : { email: kept }));
                }}
                error={passwordError}
                visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
                required
                withAsterisk={false}
              />
              {refused !== null && emailError === undefined && passwordError === undefined && (
                <Trouble><Text size="sm">{refused.message}</Text></Trouble>
              )}
              <Button type="submit" fullWidth loading={signing.isPending && signing.variables.email === email.trim()}>Sign in</Button>
            </Stack>
          </form>
        </Paper>
        <DemoCards
          people={institute.data?.demoSignIns ?? []}
          busy={signing.isPending ? signing.variables.email : null}
          onPick={(person) => signing.mutate(person)}
        />
        <Text size="sm" c="dimmed" ta="center">
          Forgotten your password? The office of the institute gives you a new one, or
          {' '}
          <Link to="/forgot-password" className={classes.back}>have a link sent to you</Link>
          .
        </Text>
      </Stack>
    </main>
  );
}
