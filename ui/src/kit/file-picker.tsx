import { Button, Text } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState, type DragEvent, type RefObject } from 'react';
import classes from './file-picker.module.css';
import { bytes } from './format.ts';
import type { Institute } from './wire.ts';

interface FilePickerProps {
  file: File | null;
  rules: Pick<Institute, 'acceptedExtensions' | 'uploadLimitBytes'> | undefined;
  error: string | undefined;
  disabled: boolean;
  button: RefObject<HTMLButtonElement | null>;
  onPick: (file: File) => void;
}

/** A place to drop a file on, and a plain button for everybody who has no mouse. */
export function FilePicker({ file, rules, error, disabled, button, onPick }: FilePickerProps) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null) => {
    const first = files?.[0];
    if (first !== undefined && !disabled) onPick(first);
  };
  const drag = (isOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(isOver && !disabled);
  };
  return (
    <div>
      {/* Dropping is an extra for people with a mouse; the button inside does the same. */}
      <div
        role="group"
        aria-label="File"
        className={classes.zone}
        data-over={over ? true : undefined}
        data-error={error === undefined ? undefined : true}
        onDragEnter={drag(true)}
        onDragOver={drag(true)}
        onDragLeave={drag(false)}
        onDrop={(event) => {
          drag(false)(event);
          take(event.dataTransfer.files);
        }}
      >
        <IconUpload size={28} stroke={1.5} aria-hidden="true" />
        <div className={classes.words}>
          <Text fw={600} className={classes.name}>
            {file === null ? <>No file chosen yet<span className={classes.mouse}>: drop one here, or</span></> : file.name}
          </Text>
          <Text size="sm" c="dimmed">
            {file === null ? (rules === undefined ? 'One file' : `${rules.acceptedExtensions.join(' ')} · at most ${bytes(rules.uploadLimitBytes)}`) : bytes(file.size)}
          </Text>
        </div>
        <Button
          ref={button}
          variant={file === null ? 'light' : 'default'}
          disabled={disabled}
          aria-describedby={error === undefined ? undefined : 'file-error'}
          onClick={() => input.current?.click()}
        >
          {file === null ? 'Choose a file' : 'Choose another'}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          data-testid="file"
          accept={rules?.acceptedExtensions.join(',')}
          onChange={(event) => {
            take(event.currentTarget.files);
            // The same file may be chosen again after it was corrected.
            event.currentTarget.value = '';
          }}
        />
      </div>
      {error !== undefined && <Text size="sm" mt={4} id="file-error" role="alert" c="var(--mantine-color-error)">{error}</Text>}
    </div>
  );
}
