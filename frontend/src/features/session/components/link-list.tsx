import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CardItem, CardList, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { toast } from '@/components/ui/toast';
import { http } from '@/lib/http';
import { useT } from '@/lib/t';
import { whenText } from '@/lib/time';

interface Link {
  id: string;
  connection_name: string;
  subject: string;
  linked_at: string;
  last_used_at?: string;
}

const linksQuery = queryOptions({
  queryKey: ['my-identities'],
  queryFn: ({ signal }) => http.get<{ items: Link[] }>('/my-identities', { signal }),
});

/** By which providers I sign in; nothing when there are none. */
export function LinkList() {
  const t = useT('security');
  const { data } = useQuery(linksQuery);
  const client = useQueryClient();
  const [removing, setRemoving] = useState<Link>();
  const remove = useMutation({
    mutationFn: (id: string) => http.delete(`/my-identities/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: linksQuery.queryKey }),
  });
  if (!data || data.items.length === 0) return null;
  return (
    <Section title={t('security:links.title')}>
      <CardList>
        {data.items.map((link) => (
          <CardItem
            key={link.id}
            title={link.connection_name}
            detail={t('security:links.used', { when: whenText(link.last_used_at ?? link.linked_at) })}
            side={
              <Button small onClick={() => setRemoving(link)}>
                {t('security:links.remove')}
              </Button>
            }
          />
        ))}
      </CardList>
      <ConfirmWithReason
        open={removing !== undefined}
        title={removing?.connection_name}
        verb={t('security:links.remove')}
        onClose={() => setRemoving(undefined)}
        onConfirm={() =>
          remove.mutateAsync(removing?.id ?? '').then(() => toast(t('security:links.removed')))
        }
      >
        {t('security:links.removeText')}
      </ConfirmWithReason>
    </Section>
  );
}
