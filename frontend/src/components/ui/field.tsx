import {
  useId,
  useState,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react';
import { Icon } from './icon';
import styles from './field.module.css';
import { useT } from '@/lib/t';

interface Around {
  label: ReactNode;
  /** Keeps the label for screen readers only: a search box whose meaning is plain to the eye. */
  hideLabel?: boolean;
  hint?: ReactNode;
  /** What is wrong with the value, from the server or from the form. */
  error?: string;
  optional?: boolean;
}

function useAround({ label, hideLabel, hint, error, optional }: Around) {
  const t = useT('ui');
  const id = useId();
  const described =
    [hint !== undefined && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const frame = (control: ReactNode) => (
    <div className={styles.field}>
      <label className={hideLabel ? 'visually-hidden' : styles.label} htmlFor={id}>
        {label}
        {optional && <em>{t('ui:form.optional')}</em>}
      </label>
      {control}
      {hint !== undefined && (
        <div id={`${id}-hint`} className={styles.hint}>
          {hint}
        </div>
      )}
      {error && (
        <div id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </div>
      )}
    </div>
  );
  return { frame, props: { id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined } };
}

type TextFieldProps = Around & Omit<InputHTMLAttributes<HTMLInputElement>, 'id'> & { start?: 'search' };

export function TextField({ label, hideLabel, hint, error, optional, start, ...input }: TextFieldProps) {
  const { frame, props } = useAround({ label, hideLabel, hint, error, optional });
  return frame(
    <div className={styles.box}>
      {start && (
        <span className={styles.start}>
          <Icon name={start} size={18} />
        </span>
      )}
      <input {...input} {...props} className={`${styles.input} ${start ? styles.withStart : ''}`} />
    </div>,
  );
}

/** A password that can be looked at, with a word about Caps Lock. */
export function PasswordField({
  label,
  hint,
  error,
  ...input
}: Around & Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'type'>) {
  const t = useT('ui');
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const { frame, props } = useAround({ label, hint: caps ? t('ui:form.capsLock') : hint, error });
  return frame(
    <div className={styles.box}>
      <input
        {...input}
        {...props}
        type={shown ? 'text' : 'password'}
        className={`${styles.input} ${styles.withEnd}`}
        onKeyUp={(event) => setCaps(event.getModifierState?.('CapsLock') ?? false)}
        onBlur={() => setCaps(false)}
      />
      <button
        type="button"
        className={styles.end}
        aria-pressed={shown}
        aria-label={t('ui:form.showPassword')}
        onClick={() => setShown(!shown)}
      >
        <Icon name={shown ? 'eyeOff' : 'eye'} size={20} />
      </button>
    </div>,
  );
}

export function TextAreaField({
  label,
  hideLabel,
  hint,
  error,
  optional,
  ...input
}: Around & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'id'>) {
  const { frame, props } = useAround({ label, hideLabel, hint, error, optional });
  return frame(<textarea {...input} {...props} className={styles.input} />);
}

/** The device's own list of choices: best on a phone. Staff pages have desk/select. */
export function SelectField({
  label,
  hideLabel,
  hint,
  error,
  optional,
  children,
  ...input
}: Around & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'id'>) {
  const { frame, props } = useAround({ label, hideLabel, hint, error, optional });
  return frame(
    <select {...input} {...props} className={`${styles.input} ${styles.select}`}>
      {children}
    </select>,
  );
}

export function CheckField({
  label,
  ...input
}: { label: ReactNode } & Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'type'>) {
  return (
    <label className={styles.check}>
      <input {...input} type="checkbox" />
      <span>{label}</span>
    </label>
  );
}
