import { describe, expect, it } from 'vitest';
// @ts-expect-error -- a plain script without types
import { violation as untyped } from '../../scripts/zones.mjs';

const violation = untyped as (from: string, to: string) => string | undefined;

describe('who may import whom', () => {
  it.each([
    ['features/home/index.tsx', 'antd'],
    ['components/ui/card.tsx', 'antd/es/table'],
    ['features/home/index.tsx', 'features/me/index'],
    ['features/home/index.tsx', 'app/router'],
    ['features/home/index.tsx', 'components/ui/desk/data-table'],
    ['components/ui/card.tsx', 'components/ui/desk/select'],
    ['components/ui/card.tsx', 'features/home/index'],
    ['lib/http.ts', 'components/ui/card'],
  ])('%s may not import %s', (from, to) => expect(violation(from, to)).toBeDefined());

  it.each([
    ['components/ui/desk/select.tsx', 'antd'],
    ['components/ui/desk/detail-page.tsx', 'components/ui/card'],
    ['features/home/index.tsx', 'features/home/components/due-list'],
    ['features/people/index.tsx', 'components/ui/desk/data-table'],
    ['app/routes/learner.tsx', 'features/home/index'],
  ])('%s may import %s', (from, to) => expect(violation(from, to)).toBeUndefined());
});
