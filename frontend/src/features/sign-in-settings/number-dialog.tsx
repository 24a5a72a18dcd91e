import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { PersonBody } from '@/api/model/personBody';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { TextField } from '@/components/ui/field';
import { Notice } from '@/components/ui/state-view';
import { useRested } from '@/lib/debounce';
import { useT } from '@/lib/t';
import { personByNumberQuery } from './api/person';

interface NumberDialogProps {
  title: string;
  text: string;
  verb: string;
  start?: string;
  /** Ends well or throws. */
  onConfirm: (person: PersonBody, reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Names one person by number, shows who that is, and asks for a reason. */
export function NumberDialog({ title, text, verb, start = '', onConfirm, onClose }: NumberDialogProps) {
  const t = useT('sign-in-settings');
  const [number, setNumber] = useState(start);
  const sought = useRested(number.trim(), 300);
  const query = useQuery(personByNumberQuery(sought));
  const found = sought === number.trim() ? query.data : undefined;
  return (
    <ConfirmWithReason
      open
      title={title}
      verb={verb}
      withReason
      blocked={!found}
      onClose={onClose}
      onConfirm={async (reason) => {
        if (found) await onConfirm(found, reason);
      }}
    >
      <span className="stack">
        <span>{text}</span>
        <TextField
          label={t('sign-in-settings:person.number')}
          value={number}
          maxLength={64}
          onChange={(event) => setNumber(event.target.value)}
        />
        {found && (
          <Notice>
            {t('sign-in-settings:person.found', {
              name: found.name,
              unit: found.party_unit_name || found.admin_unit_name || '—',
            })}
          </Notice>
        )}
        {found === null && (
          <Notice tone="warn" icon="alert">
            {t('sign-in-settings:person.none')}
          </Notice>
        )}
      </span>
    </ConfirmWithReason>
  );
}
