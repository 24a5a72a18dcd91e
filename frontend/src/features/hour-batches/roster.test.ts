import { expect, it } from 'vitest';
import { readRoster, writeRoster } from './roster';

// Seen red with hoursOf answering the usual hours for what it cannot read: 6.555 and -2 were taken for 4.
it.each([
  ['20190412', 400],
  ['  20190412  ', 400],
  ['20190412 6', 600],
  ['20190412\t6.5', 650],
  ['20190412，6.25', 625],
  ['20190412 张晓明 6学时', 600],
  ['20190412 张晓明', 400],
  ['20190412 ６．５', 650],
  ['20190412 6.555', 0],
  ['20190412 -2', 0],
  ['20190412 1e3', 0],
])('reads %j', (line, centi) => {
  expect(readRoster(line, 400)).toEqual([{ number: '20190412', amount_centi: centi }]);
});

it('leaves empty lines out and comes back as it was', () => {
  const text = 'a1\r\n\n  \nb2 3.5\n';
  expect(readRoster(text, 400)).toHaveLength(2);
  expect(readRoster(writeRoster(readRoster(text, 400), 400), 400)).toEqual(readRoster(text, 400));
});
