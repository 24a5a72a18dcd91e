import { Input } from 'antd';
import { useEffect, useState } from 'react';
import { Icon } from '@/components/ui/icon';
import { useRested } from '@/lib/debounce';
import type { UrlState } from '@/lib/url-state';
import { DateRangePicker } from './date-picker';
import { MultiSelect, Select, type Option } from './select';
import { TreeSelect, type TreeRow } from './tree-select';
import styles from './data-table.module.css';

/** One filter above a table. `key` is its name in the URL and in the request. */
export type Filter =
  | { kind: 'search'; key: string; label: string }
  | { kind: 'select'; key: string; label: string; options: Option[] }
  /** Several values, comma-separated in the URL. */
  | { kind: 'multi'; key: string; label: string; options: Option[] }
  | { kind: 'tree'; key: string; label: string; rows: readonly TreeRow[] }
  /** Writes `<key>_from` and `<key>_to`, or the two names given. */
  | { kind: 'dates'; key: string; label: string; names?: [string, string] };

interface DataFiltersProps {
  filters: Filter[];
  value: UrlState;
  onChange: (change: Record<string, string | undefined>) => void;
}

export function DataFilters({ filters, value, onChange }: DataFiltersProps) {
  return filters.map((filter) => (
    <div
      key={filter.key}
      className={filter.kind === 'search' ? styles.search : styles.filter}
      style={{ flexBasis: basis(filter) }}
    >
      <OneFilter filter={filter} value={value} onChange={onChange} />
    </div>
  ));
}

function OneFilter({
  filter,
  value,
  onChange,
}: {
  filter: Filter;
  value: UrlState;
  onChange: DataFiltersProps['onChange'];
}) {
  const { key, label } = filter;
  switch (filter.kind) {
    case 'search':
      return <SearchFilter label={label} value={value[key] ?? ''} onChange={(q) => onChange({ [key]: q })} />;
    case 'select':
      return (
        <Select
          label={label}
          options={filter.options}
          clearable
          value={value[key]}
          onChange={(next) => onChange({ [key]: next })}
        />
      );
    case 'multi':
      return (
        <MultiSelect
          label={label}
          options={filter.options}
          clearable
          value={value[key] ? value[key].split(',') : []}
          onChange={(next) => onChange({ [key]: next.join(',') })}
        />
      );
    case 'tree':
      return (
        <TreeSelect
          label={label}
          rows={filter.rows}
          clearable
          value={value[key]}
          onChange={(next) => onChange({ [key]: next })}
        />
      );
    case 'dates': {
      const [fromName, toName] = filter.names ?? [`${key}_from`, `${key}_to`];
      return (
        <DateRangePicker
          label={label}
          from={value[fromName]}
          to={value[toName]}
          onChange={(from, to) => onChange({ [fromName]: from, [toName]: to })}
        />
      );
    }
  }
}

/** As wide as its label needs; a narrow screen shrinks it. */
function basis(filter: Filter): string {
  if (filter.kind === 'search') return '16rem';
  if (filter.kind === 'select') return `${Math.max(9.5, filter.label.length * 0.95 + 3.5)}rem`;
  return filter.kind === 'dates' ? '16rem' : '12rem';
}

function SearchFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (q: string) => void;
}) {
  const [text, setText] = useState(value);
  const rested = useRested(text);
  useEffect(() => setText(value), [value]);
  // Only what was typed goes to the URL; a change that comes from the URL is already there.
  useEffect(() => {
    if (rested === text && rested !== value) onChange(rested);
    // oxlint-disable-next-line react/exhaustive-deps
  }, [rested]);
  return (
    <Input
      allowClear
      aria-label={label}
      placeholder={label}
      prefix={<Icon name="search" size={16} />}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
