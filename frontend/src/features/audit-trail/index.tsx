import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AppLink } from '@/components/ui/app-link';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { Facts } from '@/components/ui/desk/detail-page';
import { Drawer } from '@/components/ui/desk/drawer';
import { PageHeader } from '@/components/ui/page-header';
import { http, withQuery, type Page } from '@/lib/http';
import { paths } from '@/lib/paths';
import { useT, type Say, type TextKey } from '@/lib/t';
import { stamp, clockSeconds, isoDate } from '@/lib/time';
import { unitsQuery } from '@/lib/units';
import { AuditExportDrawer } from './export-drawer';
import { auditFilter } from './filter';

interface AuditEvent {
  seq: number;
  at: string;
  /** Empty: the system itself. */
  actor_id: string;
  actor_name: string;
  action: string;
  subject_type: string;
  subject_id: string;
  /** As it is called now; empty where it has no name or may not be shown. */
  subject_name: string;
  detail: Record<string, unknown>;
  request_id: string;
  ip: string;
  hash: string;
}

const areas = [
  'session',
  'sign_in',
  'identity',
  'person',
  'import',
  'unit',
  'grant',
  'role',
  'media',
  'course',
  'question',
  'exam',
  'hours',
  'audit',
  'setup',
  'token',
  'push',
  'webhook',
] as const;

const subjects = [
  'person',
  'session',
  'unit',
  'import',
  'course',
  'medium',
  'bank',
  'question',
  'paper',
  'exam',
  'attempt',
  'hour_policy',
  'hour_event',
  'export',
] as const;

/** Who did what, latest first. Entries are chained by hash and cannot be changed. */
export default function AuditTrail() {
  const t = useT('audit-trail', 'ui', 'common');
  const [open, setOpen] = useState<AuditEvent>();
  const [exporting, setExporting] = useState(false);
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  const columns: Column<AuditEvent>[] = [
    {
      key: 'at',
      title: t('audit-trail:column.at'),
      width: 170,
      always: true,
      render: (event) => (
        <span className="num">
          {isoDate(event.at)} {clockSeconds(event.at)}
        </span>
      ),
    },
    {
      key: 'actor',
      title: t('audit-trail:column.actor'),
      width: 150,
      render: (event) =>
        event.detail.token !== undefined ? (
          event.actor_name || '—'
        ) : event.actor_id ? (
          <AppLink to={paths.staffPerson(event.actor_id)}>{event.actor_name || '—'}</AppLink>
        ) : (
          t('audit-trail:system')
        ),
    },
    { key: 'action', title: t('audit-trail:column.action'), render: (event) => actionText(event.action, t) },
    {
      key: 'subject',
      title: t('audit-trail:subject'),
      render: (event) => subjectOf(event),
    },
    { key: 'what', title: t('audit-trail:column.what'), render: (event) => summary(event, t) },
    {
      key: 'ip',
      title: t('audit-trail:column.ip'),
      width: 140,
      extra: true,
      render: (event) => event.ip || '—',
    },
    { key: 'seq', title: t('audit-trail:column.seq'), width: 90, align: 'end', render: (event) => event.seq },
  ];
  return (
    <>
      <PageHeader title={t('audit-trail:title')} detail={t('audit-trail:detail')} />
      <DataTable<AuditEvent>
        name="audit"
        label={t('audit-trail:title')}
        queryKey={['audit-events']}
        load={load}
        columns={columns}
        rowKey={(event) => String(event.seq)}
        onRow={setOpen}
        onExport={() => setExporting(true)}
        filters={[
          { kind: 'search', key: 'text', label: t('audit-trail:text') },
          { kind: 'search', key: 'person', label: t('audit-trail:person') },
          {
            kind: 'tree',
            key: 'unit_id',
            label: t('audit-trail:unit'),
            rows: [...(party.data ?? []), ...(admin.data ?? [])],
          },
          {
            kind: 'select',
            key: 'subject',
            label: t('audit-trail:subject'),
            options: subjects.map((one) => ({ value: one, label: t(`audit-trail:subjects.${one}`) })),
          },
          {
            kind: 'select',
            key: 'action',
            label: t('audit-trail:area'),
            options: areas.map((area) => ({ value: `${area}.`, label: t(`audit-trail:areas.${area}`) })),
          },
          { kind: 'dates', key: 'day', label: t('audit-trail:column.at'), names: ['from', 'to'] },
        ]}
        empty={{ title: t('audit-trail:empty') }}
      />
      {exporting && <AuditExportDrawer onClose={() => setExporting(false)} />}
      <Drawer
        open={open !== undefined}
        title={t('audit-trail:entry', { seq: open?.seq ?? 0 })}
        onClose={() => setOpen(undefined)}
      >
        {open && (
          <div className="stack">
            <Facts
              items={[
                { label: t('audit-trail:column.at'), value: stamp(open.at) },
                { label: t('audit-trail:column.actor'), value: open.actor_name || t('audit-trail:system') },
                { label: t('audit-trail:column.action'), value: actionText(open.action, t) },
                { label: t('audit-trail:subject'), value: subjectText(open, t) },
                { label: t('audit-trail:column.ip'), value: open.ip || '—' },
                { label: t('audit-trail:request'), value: open.request_id || '—' },
                ...Object.entries(open.detail).map(([key, value]) => ({
                  label: wordOr(key, `audit-trail:keys.${key}`, t),
                  value: valueText(value, t),
                })),
              ]}
            />
            <p className="xs" style={{ wordBreak: 'break-all' }}>
              {t('audit-trail:hash')} {open.hash}
            </p>
          </div>
        )}
      </Drawer>
    </>
  );
}

function load(request: Record<string, string>, signal: AbortSignal): Promise<Page<AuditEvent>> {
  return http.get<Page<AuditEvent>>(
    withQuery('/audit-events', { ...auditFilter(request), page_token: request.page_token }),
    { signal },
  );
}

/** The deed in words; one that this page does not know yet shows its own name. */
function actionText(action: string, t: Say): string {
  return wordOr(action, `audit-trail:actions.${action}`, t);
}

/** Whom or what it was done to; not again who did it. */
function subjectOf(event: AuditEvent) {
  if (!event.subject_name || event.subject_id === event.actor_id) return '—';
  if (event.subject_type !== 'person') return event.subject_name;
  return <AppLink to={paths.staffPerson(event.subject_id)}>{event.subject_name}</AppLink>;
}

function subjectText(event: AuditEvent, t: Say): string {
  const kind = wordOr(event.subject_type, `audit-trail:subjects.${event.subject_type}`, t);
  return `${kind} ${event.subject_name || event.subject_id}`;
}

function valueText(value: unknown, t: Say): string {
  if (value === true) return t('audit-trail:yes');
  if (value === false) return t('audit-trail:no');
  if (value === null || value === undefined || value === '') return '—';
  return typeof value === 'object' ? JSON.stringify(value) : reasonText(String(value as string | number), t);
}

/** Why a sign-in was refused, a stage, a rank, a post, a status and a role stand in the trail as their keys. */
function reasonText(word: string, t: Say): string {
  const reason = /^session\.([a-z_]+)$/.exec(word)?.[1];
  if (reason !== undefined) return wordOr(word, `audit-trail:refused.${reason}`, t);
  if (!/^[a-z_]+$/.test(word)) return word;
  const kinds = ['stage', 'rank', 'post', 'status', 'role'];
  return kinds.map((kind) => wordOr(word, `common:${kind}.${word}`, t)).find((text) => text !== word) ?? word;
}

/** The text of the key, or the word itself where the texts do not know it. */
function wordOr(word: string, key: string, t: Say): string {
  const text = t(key as TextKey);
  return key.endsWith(text) ? word : text;
}

/** The few words of the detail that tell entries apart. */
function summary(event: AuditEvent, t: Say): string {
  const words = ['name', 'title', 'filename', 'number', 'value', 'role', 'reason']
    .map((key) => event.detail[key])
    .filter((value): value is string => typeof value === 'string' && value !== '');
  return (
    words
      .slice(0, 3)
      .map((word) => reasonText(word, t))
      .join(' · ') || '—'
  );
}
