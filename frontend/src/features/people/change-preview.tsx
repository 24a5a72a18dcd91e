import type { FactChangeBody } from '@/api/model/factChangeBody';
import type { WatcherBody } from '@/api/model/watcherBody';
import { Notice } from '@/components/ui/state-view';
import { formatHours } from '@/lib/hours';
import { language } from '@/lib/language';
import { useT } from '@/lib/t';

/** What a change of somebody's record would bring about: sight, obligations, exams and courses. */
export function ChangePreview({ change }: { change: FactChangeBody }) {
  const t = useT('people', 'common');
  const watcher = (one: WatcherBody) =>
    t('people:fact.grantText', { role: one.name, unit: one.unit || t('people:fact.everything') });
  const lines = [
    ...change.sight_lost.map((one) => t('people:preview.sightLost', { who: watcher(one) })),
    ...change.sight_gained.map((one) => t('people:preview.sightGained', { who: watcher(one) })),
    ...change.duties.map((duty) =>
      t('people:preview.duty', {
        policy: duty.policy,
        year: duty.year,
        before: duty.before ? formatHours(duty.before.required_centi) : t('people:preview.none'),
        after: duty.after ? formatHours(duty.after.required_centi) : t('people:preview.none'),
      }),
    ),
    ...change.opened.map((one) => t(`people:preview.opened.${one.what}`, { title: one.title })),
    ...change.closed.map((one) => t(`people:preview.closed.${one.what}`, { title: one.title })),
  ];
  return (
    <section aria-live="polite" className="stack" style={{ marginBottom: 16 }}>
      <b>{t('people:preview.title')}</b>
      {change.warnings.map((warning) => (
        <Notice key={warning.reason} tone="warn" icon="alert">
          {warning.messages[language()] ?? warning.reason}
        </Notice>
      ))}
      {lines.length === 0 ? (
        <p className="s">{t('people:preview.nothing')}</p>
      ) : (
        <ul style={{ paddingLeft: 20, margin: 0 }}>
          {lines.map((line) => (
            <li key={line} className="s">
              {line}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
