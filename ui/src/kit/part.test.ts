import { describe, expect, test } from 'vitest';
import { persist, type Line } from './part.ts';

/** A line that answers or not, in this order, and then always as it did last. */
function line(...answers: boolean[]): Line & { pauses: number[] } {
  const pauses: number[] = [];
  let asked = 0;
  return {
    pauses,
    answers: () => {
      asked += 1;
      return Promise.resolve(answers[Math.min(asked, answers.length) - 1] ?? false);
    },
    pause: (failures) => {
      pauses.push(failures);
      return Promise.resolve();
    },
  };
}

/** Fails so often before it is there. */
function failing(times: number) {
  let tries = 0;
  return () => {
    tries += 1;
    return tries > times ? Promise.resolve('the page') : Promise.reject(new TypeError('Failed to fetch'));
  };
}

describe('a part of the house', () => {
  test('comes at once where there is a line', async () => {
    const good = line(true);
    await expect(persist(failing(0), good)).resolves.toBe('the page');
    expect(good.pauses).toEqual([]);
  });

  test('is asked for until the line is back, with longer and longer pauses', async () => {
    const cut = line(false);
    await expect(persist(failing(20), cut)).resolves.toBe('the page');
    expect(cut.pauses).toEqual(Array.from({ length: 20 }, (_, failures) => failures));
  });

  test('survives a line that comes and goes', async () => {
    await expect(persist(failing(4), line(false, true, false, true, true))).resolves.toBe('the page');
  });

  test('is given up when the server answers and has no such part any more', async () => {
    const renewed = line(true);
    await expect(persist(failing(Infinity), renewed)).rejects.toThrow('Failed to fetch');
    expect(renewed.pauses).toEqual([0, 1]);
  });
});
