import type { HourBatchBodyState } from '@/api/model/hourBatchBodyState';
import { Tag, type Tone } from '@/components/ui/tag';
import { useT } from '@/lib/t';

const tones: Record<HourBatchBodyState, Tone> = {
  draft: 'plain',
  filed: 'warn',
  approved: 'ok',
  rejected: 'accent',
  withdrawn: 'plain',
  reversed: 'accent',
};

export const batchStates = ['draft', 'filed', 'approved', 'rejected', 'withdrawn', 'reversed'] as const;

/** Where a batch stands. */
export function BatchState({ state }: { state: HourBatchBodyState }) {
  const t = useT('hour-batches');
  return <Tag tone={tones[state]}>{t(`hour-batches:state.${state}`)}</Tag>;
}
