import { describe, expect, it } from 'vitest';
import { safeBack } from './use-back';

describe('safeBack', () => {
  it.each(['/courses', '/staff/people?q=a#b'])('goes to %s', (back) => expect(safeBack(back)).toBe(back));
  // Seen red: without the strip of control characters, "/\t/evil.example" went through.
  it.each([
    undefined,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'javascript:alert(1)',
    '\\\\evil.example',
    ' //evil.example',
  ])('does not go to %j', (back) => expect(safeBack(back)).toBe('/'));
});
