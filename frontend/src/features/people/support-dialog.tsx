import { useState } from 'react';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { SelectField } from '@/components/ui/field';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { usePersonDeeds, type PersonRecord } from './api/people';

/** The server takes 60 at most, and never past midnight. */
const choices = [5, 15, 30, 60];

/** Looks at the pages as a person, for a reason and for as long as is needed. */
export function SupportDialog({
  person,
  open,
  onClose,
}: {
  person: PersonRecord;
  open: boolean;
  onClose: () => void;
}) {
  const t = useT('people');
  const { lookAs } = usePersonDeeds(person.id);
  const [minutes, setMinutes] = useState(15);
  return (
    <ConfirmWithReason
      open={open}
      title={t('people:support.title', { name: person.name })}
      verb={t('people:support.verb')}
      withReason
      onClose={onClose}
      // Nothing that the pages hold of one's own stays.
      onConfirm={(reason) =>
        lookAs.mutateAsync({ reason, minutes }).then(() => window.location.assign(paths.home()))
      }
    >
      <div className="stack">
        <p>{t('people:support.text')}</p>
        <SelectField
          label={t('people:support.minutes')}
          hint={t('people:support.minutesHint')}
          value={minutes}
          onChange={({ target }) => setMinutes(Number(target.value))}
        >
          {choices.map((one) => (
            <option key={one} value={one}>
              {t('people:support.forMinutes', { count: one })}
            </option>
          ))}
        </SelectField>
      </div>
    </ConfirmWithReason>
  );
}
