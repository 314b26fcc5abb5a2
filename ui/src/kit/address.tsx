import { Fragment } from 'react';

/** A mail address that may break behind `@` and before a dot, and in mid-word only where nothing else helps. */
export function Address({ text }: { text: string }) {
  return text.split(/(?<=@)|(?=\.)/).map((part, index) => (
    <Fragment key={`${String(index)}${part}`}>{index > 0 && <wbr />}{part}</Fragment>
  ));
}
