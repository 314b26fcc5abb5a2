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
  disabled?: boolean;
}

/** Saves what is shown as a file. */
export function ExportMenu({ path, query, name, formats, disabled = false }: ExportMenuProps) {
  const saving = useMutation({
    mutationFn: async (format: Format) => saveAs(await fetchTable(path, { ...query, format }), `${name}.${format}`),
    onError: (error) => showToast({ key: `export:${path}`, title: 'The file was not saved', text: asProblem(error).message }),
  });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={20} aria-hidden="true" />} loading={saving.isPending} disabled={disabled}>Save as</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => <Menu.Item key={format} mih={44} onClick={() => saving.mutate(format)}>{words[format]}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
}
