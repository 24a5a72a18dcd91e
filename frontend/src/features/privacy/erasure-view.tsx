import { CardItem, CardList, Section } from '@/components/ui/card';
import { Dotted } from '@/components/ui/dotted';
import { Notice } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { stamp } from '@/lib/time';
import type { Erasure, ErasurePreview } from './erasure-api';
import { usePrivacyText } from './text';

/** What stands in the way of an erasure, what it takes away and what stays, and why. */
export function ErasureView({ preview }: { preview: ErasurePreview }) {
  const { t, item } = usePrivacyText();
  const gone = preview.items.filter((one) => one.erase !== 'keep');
  const kept = preview.items.filter((one) => one.erase === 'keep');
  return (
    <>
      {preview.blockers.length > 0 && !preview.erased_at && (
        <Notice tone="warn" icon="alert">
          {t('privacy:erasure.blocked')}
          <ul style={{ margin: '4px 0 0', paddingLeft: '1.2em', listStyle: 'disc' }}>
            {preview.blockers.map((key) => (
              <li key={key}>{t(`privacy:erasure.blocker.${key}`)}</li>
            ))}
          </ul>
        </Notice>
      )}
      {gone.length > 0 && (
        <Section title={t('privacy:erasure.gone')}>
          <CardList>
            {gone.map((one) => (
              <CardItem
                key={one.id}
                title={item(one.id)}
                detail={
                  <Dotted
                    parts={[t(`privacy:erase.${one.erase}`), t('privacy:run.count', { count: one.amount })]}
                  />
                }
              />
            ))}
          </CardList>
        </Section>
      )}
      {kept.length > 0 && (
        <Section title={t('privacy:erasure.kept')}>
          <p className="xs" style={{ marginBottom: 8 }}>
            {t('privacy:erasure.keptHint')}
          </p>
          <CardList>
            {kept.map((one) => (
              <CardItem
                key={one.id}
                title={item(one.id)}
                detail={
                  <Dotted
                    parts={[
                      one.until && t(`privacy:until.${one.until}`),
                      t('privacy:run.count', { count: one.amount }),
                    ]}
                  />
                }
              />
            ))}
          </CardList>
        </Section>
      )}
    </>
  );
}

/** A request in one line: who asked, why, and what came of it. */
export function ErasureState({ one }: { one: Erasure }) {
  const { t } = usePrivacyText();
  return (
    <CardList>
      <CardItem
        title={
          <>
            {t(one.own ? 'privacy:erasure.askedOwn' : 'privacy:erasure.askedBy', {
              name: one.requester_name,
            })}{' '}
            <Tag tone={one.state === 'requested' ? 'accent' : one.state === 'done' ? 'ok' : 'plain'}>
              {t(`privacy:erasure.state.${one.state}`)}
            </Tag>
          </>
        }
        detail={
          <Dotted
            parts={[
              stamp(one.requested_at),
              one.reason,
              one.decider_name && t('privacy:erasure.decidedBy', { name: one.decider_name }),
              one.decide_reason,
            ]}
          />
        }
      />
    </CardList>
  );
}
