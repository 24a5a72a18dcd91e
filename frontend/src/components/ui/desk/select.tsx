import { Select as KitSelect } from 'antd';

export interface Option {
  value: string;
  label: string;
}

interface OneProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

interface ManyProps {
  value: string[];
  onChange: (value: string[]) => void;
}

interface Common {
  id?: string;
  options: Option[];
  /** Accessible name when no label stands beside it. */
  label?: string;
  placeholder?: string;
  clearable?: boolean;
  disabled?: boolean;
  loading?: boolean;
  invalid?: boolean;
  width?: number | string;
  /** For choices that the server searches. */
  onSearch?: (text: string) => void;
}

/** Choose one from a list; typing narrows it. */
export function Select({ value, onChange, ...rest }: Common & OneProps) {
  return (
    <KitSelect<string>
      {...common(rest)}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}

/** Choose several. */
export function MultiSelect({ value, onChange, ...rest }: Common & ManyProps) {
  return (
    <KitSelect<string[]>
      {...common(rest)}
      mode="multiple"
      maxTagCount="responsive"
      value={value}
      onChange={onChange}
    />
  );
}

function common({
  id,
  options,
  label,
  placeholder,
  clearable,
  disabled,
  loading,
  invalid,
  width,
  onSearch,
}: Common) {
  return {
    id,
    options,
    'aria-label': label,
    placeholder: placeholder ?? label,
    allowClear: clearable,
    disabled,
    loading,
    status: invalid ? ('error' as const) : undefined,
    style: { width: width ?? '100%' },
    showSearch: onSearch
      ? { onSearch, filterOption: false as const }
      : { optionFilterProp: 'label' as const },
    popupMatchSelectWidth: false,
  };
}

interface TagsProps extends ManyProps {
  id?: string;
  /** Words already in use, offered while typing. */
  options?: string[];
  label?: string;
  invalid?: boolean;
}

/** Free words, each kept with Enter or a comma. */
export function TagsInput({ value, onChange, options = [], id, label, invalid }: TagsProps) {
  return (
    <KitSelect<string[]>
      id={id}
      aria-label={label}
      mode="tags"
      tokenSeparators={[',', '，', '、', ' ']}
      status={invalid ? 'error' : undefined}
      style={{ width: '100%' }}
      options={options.map((word) => ({ value: word, label: word }))}
      value={value}
      onChange={onChange}
    />
  );
}
