import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { FormProblem } from '@/components/ui/form-problem';
import { sorted } from '@/lib/sorted';
import { useT } from '@/lib/t';
import { insideWeCom, useLeave } from '../api/ways';
import styles from '../sign-in.module.css';

export interface Way {
  id: string;
  kind: string;
  name: string;
}

interface WaysProps {
  ways: Way[];
  back: string;
  /** A directory asks for name and password here. */
  onDirectory: (way: Way) => void;
}

/** The other ways to sign in; inside WeChat Work its own comes first. */
export function Ways({ ways, back, onDirectory }: WaysProps) {
  const t = useT('session');
  const leave = useLeave();
  const [chosen, setChosen] = useState<string>();
  const first = (way: Way) => (way.kind === 'wecom' && insideWeCom() ? 0 : 1);
  return (
    <div className={styles.ways}>
      {sorted(ways, (a, b) => first(a) - first(b)).map((way) => (
        <Button
          key={way.id}
          block
          busy={leave.isPending && chosen === way.id}
          onClick={() => {
            setChosen(way.id);
            if (way.kind === 'ldap') onDirectory(way);
            else leave.mutate({ id: way.id, back });
          }}
        >
          {t('session:ways.with', { name: way.name })}
        </Button>
      ))}
      <FormProblem error={leave.error} />
    </div>
  );
}
