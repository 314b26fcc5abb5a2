import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Dialog } from '../../kit/dialog.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import type { MarkSheet } from '../../kit/wire.ts';
import { MaximaFields, numbersOf, type Maxima } from './maxima-fields.tsx';
import { changeMaxima, gridKey } from './queries.ts';

/** What the parts of an exam are out of, changed while none of its marks is published. */
export default function MaximaDialog({ sheet, onClose }: { sheet: MarkSheet; onClose: () => void }) {
  const queries = useQueryClient();
  const { theory, practical, viva, assignment } = sheet.maxima;
  const [maxima, setMaxima] = useState<Maxima>({ theory: String(theory), practical: String(practical), viva: String(viva), assignment: String(assignment) });
  const saving = useMutation({
    mutationFn: () => changeMaxima(sheet._id, numbersOf(maxima)),
    onSuccess: (grid) => {
      queries.setQueryData(gridKey(sheet._id), grid);
      onClose();
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Dialog title="Maximum marks" isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">Totals, percentages and grades of this sheet are computed again.</Text>
          <MaximaFields maxima={maxima} problems={refused?.fields ?? {}} onChange={setMaxima} />
          {refused !== null && Object.keys(refused.fields).length === 0 && <Trouble title="It was not changed"><Text size="sm">{refused.message}</Text></Trouble>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={saving.isPending}>Cancel</Button>
            <Button type="submit" loading={saving.isPending}>Save</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
