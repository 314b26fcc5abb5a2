import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { Query } from './api.ts';
import { asProblem } from './problem.ts';
import { fetchTable, saveAs } from './saving.ts';
import { showToast } from './toasts.tsx';

export type Format = 'csv' | 'xlsx' | 'pdf';

const words: Record<Format, string> = { csv: 'CSV, for any program', xlsx: 'Excel (XLSX)', pdf: 'PDF, to print' };

interface ExportMenuProps {
  path: string;
  /** What is shown is what is saved. */
  query: Query;
  /** Without its ending. */
  name: string;
  formats: Format[];
  /** A paper of its own, made somewhere else. */
  paper?: { label: string; path: string };
  disabled?: boolean;
}

/** Saves what is shown as a file. */
export function ExportMenu({ path, query, name, formats, paper, disabled = false }: ExportMenuProps) {
  const saving = useMutation({
    mutationFn: async (wanted: { from: string; query: Query; ending: Format }) => saveAs(await fetchTable(wanted.from, wanted.query), `${name}.${wanted.ending}`),
    onError: (error) => showToast({ key: `export:${path}`, title: 'The file was not saved', text: asProblem(error).message }),
  });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={20} aria-hidden="true" />} loading={saving.isPending} disabled={disabled}>Save as</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => <Menu.Item key={format} mih={44} onClick={() => saving.mutate({ from: path, query: { ...query, format }, ending: format })}>{words[format]}</Menu.Item>)}
        {paper !== undefined && <Menu.Item mih={44} onClick={() => saving.mutate({ from: paper.path, query: {}, ending: 'pdf' })}>{paper.label}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
