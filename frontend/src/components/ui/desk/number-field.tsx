import { InputNumber } from 'antd';

interface NumberFieldProps {
  id?: string;
  /** In units of 1/scale: 2650 with scale 100 shows 26.5. */
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  scale?: number;
  min?: number;
  max?: number;
  /** One press of the arrows, as people write it: 0.5. */
  step?: number;
  unit?: string;
  label?: string;
  disabled?: boolean;
  invalid?: boolean;
}

/** A number kept as an integer of small units (centi-hours, thousandths of a point) and typed as people write it. */
export function NumberField({
  value,
  onChange,
  scale = 1,
  min,
  max,
  step,
  unit,
  label,
  invalid,
  ...rest
}: NumberFieldProps) {
  return (
    <InputNumber<number>
      {...rest}
      aria-label={label}
      status={invalid ? 'error' : undefined}
      value={value === undefined ? null : value / scale}
      min={min === undefined ? undefined : min / scale}
      max={max === undefined ? undefined : max / scale}
      step={step ?? 1}
      suffix={unit}
      // As typed: 2, not 2.0 because the arrows go by halves.
      formatter={(next, { userTyping, input }) => (userTyping ? input : String(next ?? ''))}
      style={{ width: '100%' }}
      onChange={(next) => onChange(next === null ? undefined : Math.round(next * scale))}
    />
  );
}
