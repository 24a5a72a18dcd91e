import { TreeSelect as KitTreeSelect } from 'antd';
import { useId, useMemo, type ReactElement } from 'react';

/** A row of the flat list the server gives: GET /units. */
export interface TreeRow {
  id: string;
  parent_id?: string | null;
  name: string;
}

interface Node {
  value: string;
  title: string;
  children: Node[];
}

interface Common {
  id?: string;
  rows: readonly TreeRow[];
  label?: string;
  placeholder?: string;
  clearable?: boolean;
  disabled?: boolean;
  loading?: boolean;
  invalid?: boolean;
  width?: number | string;
}

/** Rows whose parent is not in the list (outside the reader's scope) become roots. */
export function toTree(rows: readonly TreeRow[]): Node[] {
  const nodes = new Map(
    rows.map((row) => [row.id, { value: row.id, title: row.name, children: [] as Node[] }]),
  );
  const roots: Node[] = [];
  for (const row of rows) {
    const parent = row.parent_id ? nodes.get(row.parent_id) : undefined;
    (parent?.children ?? roots).push(nodes.get(row.id)!);
  }
  return roots;
}

interface OneProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One unit of a tree. */
export function TreeSelect({ value, onChange, rows, ...rest }: Common & OneProps) {
  const tree = useMemo(() => toTree(rows), [rows]);
  const own = useId();
  return (
    <KitTreeSelect<string>
      {...common({ ...rest, id: rest.id ?? own })}
      treeData={tree}
      treeDefaultExpandedKeys={tree.map((root) => root.value)}
      value={value ?? null!}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}

interface ManyProps {
  value: string[];
  onChange: (value: string[]) => void;
}

/** Several units; each stands for its whole branch. */
export function TreeMultiSelect({ value, onChange, rows, ...rest }: Common & ManyProps) {
  const tree = useMemo(() => toTree(rows), [rows]);
  const own = useId();
  return (
    <KitTreeSelect<string[]>
      {...common({ ...rest, id: rest.id ?? own })}
      treeData={tree}
      treeDefaultExpandedKeys={tree.map((root) => root.value)}
      multiple
      maxTagCount="responsive"
      value={value}
      onChange={(next) => onChange(next ?? [])}
    />
  );
}

/** The kit says that the field owns `<id>_list` and gives a tree no such id. */
function common({
  id,
  label,
  placeholder,
  clearable,
  disabled,
  loading,
  invalid,
  width,
}: Omit<Common, 'rows'> & { id: string }) {
  return {
    id,
    popupRender: (tree: ReactElement) => <div id={`${id}_list`}>{tree}</div>,
    'aria-label': label,
    placeholder: placeholder ?? label,
    allowClear: clearable,
    disabled,
    loading,
    status: invalid ? ('error' as const) : undefined,
    style: { width: width ?? '100%' },
    treeLine: true,
    showSearch: { treeNodeFilterProp: 'title' as const },
    popupMatchSelectWidth: false,
  };
}
