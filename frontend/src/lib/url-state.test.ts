import { describe, expect, it } from 'vitest';
import { parseSearch, stringifySearch } from './url-state';

describe('the query string of the address', () => {
  it('keeps every value a string', () => {
    expect(parseSearch('?q=2026&state=true')).toEqual({ q: '2026', state: 'true' });
  });

  it('drops what is empty and comes back as it went', () => {
    expect(stringifySearch({ q: '党章 总纲', tab: undefined, sort: '' })).toBe(
      '?q=%E5%85%9A%E7%AB%A0+%E6%80%BB%E7%BA%B2',
    );
    expect(parseSearch(stringifySearch({ q: '党章 总纲' }))).toEqual({ q: '党章 总纲' });
    expect(stringifySearch({})).toBe('');
  });
});
