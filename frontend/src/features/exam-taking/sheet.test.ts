import { describe, expect, it } from 'vitest';

import type { AttemptItem, QuestionKind } from './model';
import { optionOfKey, sheet, toggled } from './sheet';

function item(kind: QuestionKind, id = 'q1'): AttemptItem {
  const options = ['x', 'y', 'z'].map((option) => ({ id: option, text: option }));
  return { id, kind, stem: '', points_milli: 1_000, options, answer: null, answer_seq: 0 };
}

describe('pressing an option', () => {
  it('replaces the choice of a single question and of a judgement', () => {
    expect(toggled(item('single'), ['x'], 'y')).toEqual(['y']);
    expect(toggled(item('judgement'), ['y'], 'y')).toEqual(['y']);
  });

  it('adds to and takes from a multiple one, in the order of the paper', () => {
    expect(toggled(item('multiple'), ['z'], 'x')).toEqual(['x', 'z']);
    expect(toggled(item('multiple'), ['x', 'z'], 'x')).toEqual(['z']);
  });
});

it('letters and digits name options, others none', () => {
  expect(optionOfKey(item('single'), 'b')).toBe('y');
  expect(optionOfKey(item('single'), 'C')).toBe('z');
  expect(optionOfKey(item('single'), '1')).toBe('x');
  expect(optionOfKey(item('single'), 'd')).toBeUndefined();
  expect(optionOfKey(item('single'), 'Enter')).toBeUndefined();
});

it('the card marks as sent only what the server acknowledged', () => {
  const questions = ['a', 'b', 'c', 'd'].map((id) => item('single', id));
  const answers = new Map([
    ['a', { value: ['x'], seq: 1, status: 'saved' as const }],
    ['b', { value: ['x'], seq: 2, status: 'local' as const }],
    ['c', { value: [], seq: 3, status: 'saved' as const }],
  ]);
  const entries = sheet(questions, answers, new Set(['d']));
  expect(entries.map((e) => [e.answered, e.unsent, e.flagged])).toEqual([
    [true, false, false],
    [true, true, false],
    [false, false, false],
    [false, false, true],
  ]);
});
