import { useQuery } from '@tanstack/react-query';
import { unitsQuery } from '@/lib/units';
import { TreeSelect } from './tree-select';

interface UnitSelectProps {
  id?: string;
  invalid?: boolean;
  clearable?: boolean;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One unit of either tree, of those that the reader may see. */
export function UnitSelect(props: UnitSelectProps) {
  const party = useQuery(unitsQuery('party'));
  const admin = useQuery(unitsQuery('admin'));
  return <TreeSelect {...props} rows={[...(party.data ?? []), ...(admin.data ?? [])]} />;
}
