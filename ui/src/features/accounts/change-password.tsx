import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type RefObject, type SubmitEvent } from 'react';
import { Dialog } from '../../kit/dialog.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { PasswordChange } from '../../kit/wire.ts';
import { changePassword } from './me.ts';
import { check, type PasswordProblems } from './password-rules.ts';

const blank: PasswordChange = { currentPassword: '', newPassword: '', confirmPassword: '' };

const labels: [keyof PasswordChange, string, string][] = [
  ['currentPassword', 'Password now', 'current-password'],
  ['newPassword', 'New password', 'new-password'],
  ['confirmPassword', 'New password once more', 'new-password'],
];

export default function ChangePassword({ onClose, returnTo }: { onClose: () => void; returnTo: RefObject<HTMLElement | null> }) {
  const [change, setChange] = useState(blank);
  const [problems, setProblems] = useState<PasswordProblems>({});
  const saving = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      showToast({ key: 'accounts:password', title: 'Your password was changed', text: 'Other devices have been signed out.' });
      onClose();
    },
    onError: (error) => setProblems(asProblem(error).fields),
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const found = check(change);
    setProblems(found);
    if (Object.keys(found).length === 0) saving.mutate(change);
  };
  const beside = Object.values<string | undefined>(problems).some((problem) => problem !== undefined);
  const refused = saving.error === null || beside ? null : asProblem(saving.error);

  return (
    <Dialog title="Change password" isBusy={saving.isPending} returnTo={returnTo} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">You stay signed in here. All your other devices have to sign in again.</Text>
          {labels.map(([field, label, autoComplete], index) => (
            <PasswordInput
              key={field}
              label={label}
              name={field}
              autoComplete={autoComplete}
              data-autofocus={index === 0 ? true : undefined}
              value={change[field]}
              onChange={(event) => {
                setChange({ ...change, [field]: event.currentTarget.value });
                setProblems({ ...problems, [field]: undefined });
              }}
              error={problems[field]}
              visibilityToggleButtonProps={{ 'aria-label': `Show or hide: ${label}` }}
            />
          ))}
          {refused !== null && <Trouble><Text size="sm">{refused.message}</Text></Trouble>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={saving.isPending}>Cancel</Button>
            <Button type="submit" loading={saving.isPending}>Change password</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
