import { DatePicker as KitDatePicker } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';

import type { KeyboardEvent } from 'react';
import styles from './date-picker.module.css';

interface Common {
  id?: string;
  label?: string;
  disabled?: boolean;
  clearable?: boolean;
  invalid?: boolean;
}

function rest({ id, label, disabled, clearable = false, invalid }: Common) {
  return {
    id,
    'aria-label': label,
    placeholder: label,
    disabled,
    allowClear: clearable,
    status: invalid ? ('error' as const) : undefined,
    style: { width: '100%' },
    onKeyDown: staysHere,
  };
}

/** Enter takes the date that was typed; it does not send the form around it, which would do what was to be looked at first. */
function staysHere(event: KeyboardEvent<HTMLElement>): void {
  if (event.key === 'Enter') event.preventDefault();
}

interface DateProps extends Common {
  /** Civil date `2026-11-23`. */
  value: string | undefined;
  onChange: (date: string | undefined) => void;
}

/** A civil date of Asia/Shanghai. */
export function DatePicker({ value, onChange, ...common }: DateProps) {
  return (
    <KitDatePicker
      {...rest(common)}
      value={value ? dayjs(value) : null}
      onChange={(next: Dayjs | null) => onChange(next ? next.format('YYYY-MM-DD') : undefined)}
    />
  );
}

interface MomentProps extends Common {
  /** RFC 3339 instant. */
  value: string | undefined;
  onChange: (instant: string | undefined) => void;
}

const SHIFT_MINUTES = 8 * 60;

/** An instant shown and chosen by the clock of Asia/Shanghai, whatever the device's zone is. */
export function MomentPicker({ value, onChange, ...common }: MomentProps) {
  return (
    <KitDatePicker
      {...rest(common)}
      showTime={{ format: 'HH:mm' }}
      format="YYYY-MM-DD HH:mm"
      classNames={{ popup: { root: styles.moment } }}
      value={value ? wallClock(value) : null}
      onChange={(next: Dayjs | null) => onChange(next ? toInstant(next) : undefined)}
    />
  );
}

/** The Shanghai wall clock as a device-local dayjs, so that the picker prints it unchanged. */
function wallClock(instant: string): Dayjs {
  const shifted = new Date(Date.parse(instant) + SHIFT_MINUTES * 60_000);
  return dayjs(shifted.toISOString().slice(0, 19));
}

function toInstant(wall: Dayjs): string {
  return new Date(Date.parse(`${wall.format('YYYY-MM-DDTHH:mm')}:00+08:00`)).toISOString();
}

interface RangeProps extends Common {
  from: string | undefined;
  to: string | undefined;
  onChange: (from: string | undefined, to: string | undefined) => void;
}

/** Two civil dates, both included. */
export function DateRangePicker({ from, to, onChange, disabled, clearable = true }: RangeProps) {
  return (
    <KitDatePicker.RangePicker
      disabled={disabled}
      allowClear={clearable}
      allowEmpty={[true, true]}
      value={[from ? dayjs(from) : null, to ? dayjs(to) : null]}
      onChange={(next) => onChange(next?.[0]?.format('YYYY-MM-DD'), next?.[1]?.format('YYYY-MM-DD'))}
    />
  );
}
