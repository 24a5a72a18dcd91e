import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { UnitChangeBody } from '@/api/model/unitChangeBody';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { http } from '@/lib/http';
import { language } from '@/lib/language';
import { useT } from '@/lib/t';

const plannedQuery = queryOptions({
  queryKey: ['units', 'changes'] as const,
  queryFn: ({ signal }) => http.get<{ items: UnitChangeBody[] }>('/unit-changes?open=true', { signal }),
  select: (page) => page.items,
});

/** What is to happen to the trees, and what could not be done on its day. */
export function PlannedChanges({ manages }: { manages: boolean }) {
  const t = useT('units');
  const client = useQueryClient();
  const { data } = useQuery(plannedQuery);
  const [cancelling, setCancelling] = useState<UnitChangeBody>();
  const cancel = useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) =>
      http.post(`/unit-changes/${id}/cancel`, { reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['units'] }),
  });
  if (!data?.length) return null;
  const said = (one: UnitChangeBody) =>
    t(`units:change.says.${one.verb}`, {
      unit: one.unit_name,
      target: one.target_name || t('units:change.root'),
      name: one.name,
    });
  return (
    <Section title={t('units:change.list')}>
      <Card>
        <ul className="stack" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
          {data.map((one) => (
            <li key={one.id} className="row between wrap">
              <div>
                <b className="num">{one.on}</b> {said(one)}{' '}
                {one.state === 'failed' && <Tag tone="warn">{t('units:change.failed')}</Tag>}
                <div className="xs">{one.failure?.[language()] ?? one.reason}</div>
              </div>
              {manages && one.state === 'planned' && (
                <Button small kind="quiet" onClick={() => setCancelling(one)}>
                  {t('units:change.cancel')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Card>
      <ConfirmWithReason
        open={cancelling !== undefined}
        title={t('units:change.cancelTitle')}
        verb={t('units:change.cancel')}
        withReason
        onClose={() => setCancelling(undefined)}
        onConfirm={(reason) =>
          cancel
            .mutateAsync({ id: cancelling?.id ?? '', reason })
            .then(() => toast(t('units:change.cancelled')))
        }
      >
        {cancelling && said(cancelling)}
      </ConfirmWithReason>
    </Section>
  );
}
