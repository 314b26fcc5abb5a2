import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (text: string) => void;
}

/** Searches when the person has paused, not at every letter. */
export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const [sent, setSent] = useState(value);
  // The filter was changed elsewhere ("show everything", the way back): follow it.
  if (value !== sent) {
    setSent(value);
    setText(value);
  }
  const search = useDebouncedCallback((wanted: string) => {
    setSent(wanted);
    onSearch(wanted);
  }, 350);
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value.trim());
      }}
      leftSection={<IconSearch size={20} aria-hidden="true" />}
      rightSection={text === '' ? null : (
        <CloseButton
          aria-label="Clear the search"
          onClick={() => {
            search.cancel();
            setText('');
            setSent('');
            onSearch('');
          }}
        />
      )}
    />
  );
}
