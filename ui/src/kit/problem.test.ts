import { describe, expect, it } from 'vitest';
import { Problem, asProblem, isPassing, isUnknown, noAnswer, problemFrom } from './problem.ts';

describe('problemFrom', () => {
  it('keeps the sentence, the code and the fields of the server', () => {
    const problem = problemFrom(400, {
      success: false,
      message: 'Please correct the fields below.',
      code: 'accounts.invalid',
      fields: { newPassword: 'Use at least 8 characters.' },
    });
    expect(problem.message).toBe('Please correct the fields below.');
    expect(problem.code).toBe('accounts.invalid');
    expect(problem.fields).toEqual({ newPassword: 'Use at least 8 characters.' });
  });

  it.each([
    [413, undefined, 'This file is too large.'],
    [502, '<html>Bad gateway</html>', 'Something went wrong on our side. Please try again in a moment.'],
    [400, { message: '' }, 'This did not work. Please try again.'],
    [410, null, 'This is no longer available.'],
  ])('has a sentence of its own for %i without one', (status, body, message) => {
    expect(problemFrom(status, body).message).toBe(message);
    expect(problemFrom(status, body).code).toBe(`http.${status}`);
  });

  it('drops fields that are not sentences', () => {
    expect(problemFrom(400, { fields: { a: 1, b: 'No.', c: null } }).fields).toEqual({ b: 'No.' });
    expect(problemFrom(400, { fields: ['x'] }).fields).toEqual({});
  });
});

describe('isPassing', () => {
  it.each([
    [noAnswer(), true],
    [new Problem(429, 'limits.too_many', ''), true],
    [new Problem(503, 'http.503', ''), true],
    [new Problem(500, 'http.500', ''), false],
    [new Problem(404, 'http.404', ''), false],
    [new TypeError('x is not a function'), false],
  ])('%s -> %s', (error, expected) => {
    expect(isPassing(error)).toBe(expected);
  });

  it('never shows the text of a programming error', () => {
    expect(asProblem(new TypeError('x is not a function')).message).not.toContain('function');
  });
});

describe('isUnknown', () => {
  it.each([
    ['no answer', noAnswer(), true],
    ['a server that lost its own answer', new Problem(500, 'server.outcome_unknown', ''), true],
    ['a proxy without an answer', problemFrom(504, '<html>'), true],
    ['a refusal', new Problem(409, 'marks.changed', ''), false],
    ['a server that is busy', new Problem(503, 'server.busy', ''), false],
  ])('%s', (_, error, expected) => {
    expect(isUnknown(error)).toBe(expected);
  });
});
