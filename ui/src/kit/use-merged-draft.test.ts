import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { useMergedDraft } from './use-merged-draft.ts';

type Merging = ReturnType<typeof useMergedDraft<'name' | 'town'>>;

/** A form in which these things happen one after the other. */
function after(...acts: ((merging: Merging) => void)[]): Merging {
  const shown: Merging[] = [];
  let done = 0;
  function Form() {
    const merging = useMergedDraft<'name' | 'town'>(() => ({ name: 'Asha', town: 'Kochi' }), 1);
    shown.push(merging);
    acts[done]?.(merging);
    done += 1;
    return null;
  }
  renderToString(createElement(Form));
  const last = shown.at(-1);
  if (last === undefined) throw new Error('It was not shown.');
  return last;
}

const type = (change: Partial<Merging['draft']>) => ({ setDraft }: Merging) => setDraft((before) => ({ ...before, ...change }));
const clash = ({ settle }: Merging) => settle({ name: 'Theirs', town: 'Kochi' }, 2);
const takeTheirs = ({ choose }: Merging) => choose('name', true);

it('saves theirs where it was chosen', () => {
  expect(after(type({ name: 'Mine' }), clash, takeTheirs).final).toEqual({ name: 'Theirs', town: 'Kochi' });
});

it('saves what was typed into a field after theirs was chosen for it', () => {
  const { final, chosen } = after(type({ name: 'Mine' }), clash, takeTheirs, type({ name: 'Mine after all' }));
  expect(final.name).toBe('Mine after all');
  expect(chosen.has('name')).toBe(false);
});

it('keeps theirs while something is typed into another field', () => {
  expect(after(type({ name: 'Mine' }), clash, takeTheirs, type({ town: 'Thrissur' })).final).toEqual({ name: 'Theirs', town: 'Thrissur' });
});

it('loses nothing of two changes that are made at once', () => {
  const both = (merging: Merging) => {
    type({ name: 'Mine' })(merging);
    type({ town: 'Thrissur' })(merging);
  };
  expect(after(both).final).toEqual({ name: 'Mine', town: 'Thrissur' });
});
