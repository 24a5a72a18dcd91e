import { Input as KitInput } from 'antd';
import {
  cloneElement,
  isValidElement,
  useId,
  type CSSProperties,
  type FormEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { FormProblem } from '@/components/ui/form-problem';
import { isProblem } from '@/lib/problem';
import styles from '../field.module.css';

interface FormProps {
  /** Lets a button outside the form send it. */
  id?: string;
  onSubmit: () => void;
  /** Something was typed, ticked or picked. */
  onTyped?: () => void;
  /** The error of the last send: fields show theirs, the rest stands above the buttons. */
  error?: unknown;
  /** Names of the fields that show their own problem, as FormField `name`. */
  fields?: string[];
  footer?: ReactNode;
  children: ReactNode;
}

/** A form whose problems come from the server's `errors[].location`. Values live in the page's own state. */
export function Form({ id, onSubmit, onTyped, error, fields, footer, children }: FormProps) {
  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit();
  }
  return (
    <form id={id} onSubmit={submit} onChange={onTyped} noValidate>
      <div className={styles.fields}>{children}</div>
      {error !== undefined && error !== null && (
        <div style={{ marginBottom: 16 }}>
          <FormProblem error={error} shown={fields} />
        </div>
      )}
      {footer !== undefined && <div className="row wrap">{footer}</div>}
    </form>
  );
}

interface FormFieldProps {
  label: ReactNode;
  /** The field's place in the request body, as `options[2].text`. */
  name?: string;
  error?: unknown;
  hint?: ReactNode;
  /** A control that takes `id` and `invalid`. */
  children: ReactElement;
}

/** Label, control, hint and the problem the server found with this field. */
export function FormField({ label, name, error, hint, children }: FormFieldProps) {
  const id = useId();
  const problem = name !== undefined && isProblem(error) ? error.field(name) : undefined;
  const control = isValidElement(children)
    ? cloneElement(children as ReactElement<{ id?: string; invalid?: boolean }>, {
        id,
        // A plain element that groups several controls knows no `invalid`.
        ...(typeof children.type !== 'string' && { invalid: problem !== undefined }),
      })
    : children;
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {control}
      {hint !== undefined && <div className={styles.hint}>{hint}</div>}
      {problem && (
        <div className={styles.error} role="alert">
          {problem}
        </div>
      )}
    </div>
  );
}

interface TextProps {
  id?: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  label?: string;
  maxLength?: number;
  disabled?: boolean;
  invalid?: boolean;
}

export function Input({ value, onChange, label, invalid, ...rest }: TextProps) {
  return (
    <KitInput
      {...rest}
      aria-label={label}
      value={value}
      status={invalid ? 'error' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function TextArea({
  value,
  onChange,
  label,
  invalid,
  rows = 3,
  ...rest
}: TextProps & { rows?: number }) {
  return (
    <KitInput.TextArea
      {...rest}
      aria-label={label}
      value={value}
      rows={rows}
      // Grows with its text where the browser can; the kit's own measuring came out too low at times.
      style={
        { fieldSizing: 'content', minHeight: `calc(${rows}lh + 10px)`, maxHeight: '16lh' } as CSSProperties
      }
      status={invalid ? 'error' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
