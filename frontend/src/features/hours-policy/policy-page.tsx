import type { PolicyPreviewBody } from '@/api/model/policyPreviewBody';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useAudienceText } from '@/components/audience/audience-editor';
import { Button } from '@/components/ui/button';
import { Card, Section } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DatePicker } from '@/components/ui/desk/date-picker';
import { DetailPage, Facts } from '@/components/ui/desk/detail-page';
import { Dotted } from '@/components/ui/dotted';
import { ErrorState, SkeletonLines, StateView } from '@/components/ui/state-view';
import { Tag } from '@/components/ui/tag';
import { toast } from '@/components/ui/toast';
import { serverNow } from '@/lib/clock';
import { formatHours, group } from '@/lib/hours';
import { permissions } from '@/lib/permissions';
import { can, useSession } from '@/lib/session';
import { useT } from '@/lib/t';
import { isoDate, stamp } from '@/lib/time';
import {
  policyQuery,
  previewPolicy,
  useActivate,
  useRetire,
  type Policy,
  type Version,
} from './api/policies';
import { PolicyState } from './index';
import { PolicyDrawer } from './policy-drawer';

/** One policy with every version it ever had; an active one is never edited. */
export default function PolicyPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(policyQuery(id));
  return <StateView query={query}>{(policy) => <PolicyDetail policy={policy} />}</StateView>;
}

function PolicyDetail({ policy }: { policy: Policy }) {
  const t = useT('hours-policy', 'audience', 'ui');
  const session = useSession();
  const [writing, setWriting] = useState(false);
  const [retiring, setRetiring] = useState(false);
  const [activating, setActivating] = useState<Version>();
  const writes = can(session, [permissions.staff.policies]) && !policy.retired_from;
  return (
    <DetailPage
      title={policy.name}
      tags={<PolicyState policy={policy} />}
      actions={
        writes && (
          <>
            <Button small onClick={() => setWriting(true)}>
              {t('hours-policy:newVersion')}
            </Button>
            {policy.active > 0 && (
              <Button small kind="danger" onClick={() => setRetiring(true)}>
                {t('hours-policy:retire.verb')}
              </Button>
            )}
          </>
        )
      }
      timeline={policy.versions.toReversed().flatMap((version) => [
        ...(version.activated_at
          ? [
              {
                key: `${version.id}-active`,
                at: version.activated_at,
                title: t('hours-policy:history.activated', { number: version.number }),
                detail: version.activated_by,
                tone: 'ok' as const,
              },
            ]
          : []),
        {
          key: version.id,
          at: version.created_at,
          title: t('hours-policy:history.written', { number: version.number }),
          detail: <Dotted parts={[version.created_by, version.reason]} />,
        },
      ])}
    >
      {policy.versions.toReversed().map((version) => (
        <VersionCard
          key={version.id}
          version={version}
          inForce={version.number === policy.active}
          onActivate={writes && version.state === 'draft' ? () => setActivating(version) : undefined}
        />
      ))}
      {writing && <PolicyDrawer policy={policy} onClose={() => setWriting(false)} />}
      {activating && (
        <Activate policy={policy} version={activating} onClose={() => setActivating(undefined)} />
      )}
      <Retire policy={policy} open={retiring} onClose={() => setRetiring(false)} />
    </DetailPage>
  );
}

function VersionCard({
  version,
  inForce,
  onActivate,
}: {
  version: Version;
  inForce: boolean;
  onActivate?: () => void;
}) {
  const t = useT('hours-policy', 'hours', 'audience');
  const audience = useAudienceText();
  const { rule, document } = version;
  return (
    <Section
      title={t('hours-policy:versionTitle', { number: version.number })}
      aside={
        <div className="row">
          {inForce && <Tag tone="ok">{t('hours-policy:inForce')}</Tag>}
          {version.state === 'draft' && <Tag tone="warn">{t('hours-policy:state.draft')}</Tag>}
          {onActivate && (
            <Button small kind="primary" onClick={onActivate}>
              {t('hours-policy:activate.open')}
            </Button>
          )}
        </div>
      }
    >
      <Card>
        <div className="stack">
          <Facts
            items={[
              { label: t('hours-policy:field.total'), value: hours(rule.total_centi) },
              { label: t('hours-policy:field.required'), value: hours(rule.required_centi ?? 0) },
              {
                label: t('hours-policy:field.daily'),
                value: rule.daily_max_centi ? hours(rule.daily_max_centi) : '—',
              },
              {
                label: t('hours-policy:field.caps'),
                value:
                  rule.source_caps && rule.source_caps.length > 0
                    ? rule.source_caps
                        .map((cap) =>
                          t('hours-policy:capText', {
                            source: t(`hours:source.${cap.source}`),
                            hours: formatHours(cap.cap_centi),
                          }),
                        )
                        .join(t('audience:comma'))
                    : '—',
              },
              { label: t('hours-policy:field.from'), value: version.effective_from },
              {
                label: t('hours-policy:field.prorateShort'),
                value: rule.prorating?.on ? t('hours-policy:yes') : t('hours-policy:no'),
              },
              {
                label: t('hours-policy:section.audience'),
                value: <span className="phrases">{audience(version.audience)}</span>,
              },
            ]}
          />
          <div>
            <b>
              <Dotted parts={[document.title, document.number, document.clause]} />
            </b>
            <p className="s">{document.clause_text}</p>
          </div>
        </div>
      </Card>
    </Section>
  );

  function hours(centi: number): string {
    return t('hours-policy:hours', { hours: formatHours(centi) });
  }
}

/** What activating would change, computed by the server; the activation quotes it. */
function Activate({ policy, version, onClose }: { policy: Policy; version: Version; onClose: () => void }) {
  const t = useT('hours-policy');
  const activate = useActivate(policy.id);
  const preview = useQuery({
    queryKey: ['policies', policy.id, 'preview', version.number],
    queryFn: () => previewPolicy(policy.id, version.number),
    staleTime: 0,
    gcTime: 0,
  });
  const again = useMutation({ mutationFn: () => preview.refetch() });
  return (
    <ConfirmWithReason
      open
      title={t('hours-policy:activate.title', { name: policy.name, number: version.number })}
      verb={t('hours-policy:activate.verb')}
      withReason
      onClose={onClose}
      onConfirm={async (reason) => {
        if (!preview.data) return again.mutateAsync();
        await activate.mutateAsync({ number: version.number, preview_digest: preview.data.digest, reason });
        toast(t('hours-policy:activate.done'));
        return undefined;
      }}
    >
      {preview.data ? (
        <PreviewText preview={preview.data} />
      ) : preview.isError ? (
        <ErrorState compact error={preview.error} onRetry={() => void preview.refetch()} />
      ) : (
        <SkeletonLines lines={4} />
      )}
    </ConfirmWithReason>
  );
}

function PreviewText({ preview: p }: { preview: PolicyPreviewBody }) {
  const t = useT('hours-policy');
  return (
    <div className="stack" data-testid="policy-preview">
      <p>{t('hours-policy:preview.people', { year: p.year, people: group(p.people) })}</p>
      <Facts
        items={[
          { label: t('hours-policy:preview.newly'), value: group(p.newly_bound) },
          { label: t('hours-policy:preview.noLonger'), value: group(p.no_longer_bound) },
          { label: t('hours-policy:preview.more'), value: group(p.more_short) },
          { label: t('hours-policy:preview.less'), value: group(p.less_short) },
          {
            label: t('hours-policy:preview.done'),
            value: `${group(p.done_before)} → ${group(p.done_after)}`,
          },
          {
            label: t('hours-policy:preview.short'),
            value: `${formatHours(p.shortfall_before_centi)} → ${formatHours(p.shortfall_after_centi)}`,
          },
        ]}
      />
      <p className="xs">{t('hours-policy:preview.at', { when: stamp(p.at) })}</p>
    </div>
  );
}

function Retire({ policy, open, onClose }: { policy: Policy; open: boolean; onClose: () => void }) {
  const t = useT('hours-policy');
  const retire = useRetire(policy.id);
  const [from, setFrom] = useState(() => isoDate(serverNow()));
  return (
    <ConfirmWithReason
      open={open}
      title={t('hours-policy:retire.title', { name: policy.name })}
      verb={t('hours-policy:retire.verb')}
      withReason
      onClose={onClose}
      onConfirm={(reason) =>
        retire.mutateAsync({ from, reason }).then(() => toast(t('hours-policy:retire.done')))
      }
    >
      <div className="stack">
        <span>{t('hours-policy:retire.text')}</span>
        <DatePicker
          label={t('hours-policy:retire.from')}
          value={from}
          onChange={(next) => setFrom(next ?? from)}
        />
      </div>
    </ConfirmWithReason>
  );
}
