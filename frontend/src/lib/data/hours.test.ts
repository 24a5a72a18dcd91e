import { expect, it } from 'vitest';
import { byDay, byLead, notCounted, type HourEvent, type Obligation } from './hours';

const event = (change: Partial<HourEvent>): HourEvent => ({
  id: 'e',
  kind: 'credit',
  source: 'online_video',
  title: '党章总纲导读',
  amount_centi: 200,
  required: false,
  occurred_on: '2026-11-15',
  recorded_at: '2026-11-15T03:00:00Z',
  reason: '',
  counted_centi: 50,
  state: 'partly',
  counts: [],
  seq: 1,
  rule: 'lesson_hours/1',
  evidence_kind: 'completion',
  evidence_id: 'c',
  reverses_id: '',
  actor_name: '',
  ...change,
});
const count = (policy_name: string, ...reasons: HourEvent['counts'][number]['reasons']) => ({
  policy_id: policy_name,
  policy_name,
  version_number: 1,
  counted_centi: 50,
  reasons,
});

it('says each reason once, and for which policies when not for all', () => {
  expect(
    notCounted(event({ counts: [count('甲', 'source_cap'), count('乙', 'source_cap', 'repeat')] })),
  ).toEqual([
    { reason: 'source_cap', policies: [] },
    { reason: 'repeat', policies: ['乙'] },
  ]);
});

it('has nothing to explain where all counts, and one thing where it was taken back', () => {
  expect(
    notCounted(event({ state: 'counted', counts: [count('甲', 'outside_audience'), count('乙')] })),
  ).toEqual([]);
  expect(notCounted(event({ state: 'reversed', counts: [count('甲', 'reversed')] }))).toEqual([
    { reason: 'reversed', policies: [] },
  ]);
});

it('puts the leading obligation first', () => {
  const one = (policy_id: string, lead: boolean, shortfall_centi: number) =>
    ({ policy_id, lead, shortfall_centi }) as Obligation;
  expect(
    byLead([one('a', false, 900), one('b', true, 10), one('c', false, 1000)]).map((o) => o.policy_id),
  ).toEqual(['b', 'c', 'a']);
});

it('reads the ledger by the day of the hours, whenever they were entered', () => {
  const on = (occurred_on: string, seq: number) => event({ occurred_on, seq });
  const days = byDay([on('2026-07-06', 9), on('2026-11-24', 3), on('2026-07-06', 10)]);
  expect(days.map(({ seq }) => seq)).toEqual([3, 10, 9]);
});
