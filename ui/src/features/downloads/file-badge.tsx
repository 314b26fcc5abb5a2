import { IconFile, IconFileDescription, IconFileSpreadsheet, IconFileText, IconFileZip, IconPhoto, IconPresentation } from '@tabler/icons-react';
import type { FileType } from '../../kit/wire.ts';
import classes from './file-badge.module.css';

interface Kind {
  Icon: typeof IconFile;
  kind: string;
  text: string;
}

const other: Kind = { Icon: IconFile, kind: 'other', text: 'File' };

/** A newer server may know more types than this page. */
const kinds: Partial<Record<FileType, Kind>> = {
  PDF: { Icon: IconFileDescription, kind: 'pdf', text: 'PDF' },
  DOC: { Icon: IconFileText, kind: 'text', text: 'DOC' },
  DOCX: { Icon: IconFileText, kind: 'text', text: 'DOCX' },
  XLS: { Icon: IconFileSpreadsheet, kind: 'table', text: 'XLS' },
  XLSX: { Icon: IconFileSpreadsheet, kind: 'table', text: 'XLSX' },
  PPT: { Icon: IconPresentation, kind: 'slides', text: 'PPT' },
  PPTX: { Icon: IconPresentation, kind: 'slides', text: 'PPTX' },
  ZIP: { Icon: IconFileZip, kind: 'packed', text: 'ZIP' },
  RAR: { Icon: IconFileZip, kind: 'packed', text: 'RAR' },
  IMAGE: { Icon: IconPhoto, kind: 'image', text: 'Image' },
};

export function FileBadge({ type }: { type: FileType }) {
  const { Icon, kind, text } = kinds[type] ?? other;
  return (
    <span className={classes.badge} data-kind={kind}>
      <Icon size={24} stroke={1.5} aria-hidden="true" />
      <span>{text}</span>
    </span>
  );
}
