import { Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { DemoSignIn } from '../../kit/wire.ts';
import classes from './demo-cards.module.css';

interface DemoCardsProps {
  people: DemoSignIn[];
  /** The email of the one who is just being signed in. */
  busy: string | null;
  onPick: (person: DemoSignIn) => void;
}

/** Only in demo mode: one tap to look around as somebody. */
export function DemoCards({ people, busy, onPick }: DemoCardsProps) {
  if (people.length === 0) return null;
  return (
    <section aria-labelledby="demo-heading">
      <Title order={2} size="h5" id="demo-heading">Look around</Title>
      <Text size="sm" c="dimmed" mb="xs">This is a demonstration with invented people. Sign in as one of them:</Text>
      <Stack gap="xs">
        {people.map((person) => (
          <UnstyledButton key={person.email} className={classes.person} disabled={busy !== null} onClick={() => onPick(person)}>
            <span className={classes.words}>
              <span className={classes.name}>{person.name}</span>
              <span className={classes.label}>{busy === person.email ? 'Signing in…' : person.label}</span>
            </span>
            <IconChevronRight size={20} aria-hidden="true" />
          </UnstyledButton>
        ))}
      </Stack>
    </section>
  );
}
