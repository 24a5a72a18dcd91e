import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { http, withQuery, type Page } from '@/lib/http';
import type { UrlState } from '@/lib/url-state';

export type ImportState =
  'uploaded' | 'read' | 'mapped' | 'previewed' | 'applying' | 'applied' | 'undoing' | 'undone' | 'failed';
export type Outcome = 'new' | 'changed' | 'same' | 'refused' | 'stale';
export type Messages = Partial<Record<string, string>>;

/** The fields of domain/org/import_field.go, in the order of the template. */
export const fields = [
  'number',
  'name',
  'kind',
  'gender',
  'born_on',
  'id_card',
  'phone',
  'email',
  'party_unit',
  'admin_unit',
  'stage',
  'stage_on',
  'rank',
  'rank_on',
  'document',
] as const;
export type FieldKey = (typeof fields)[number];

export interface ImportColumn {
  index: number;
  letter: string;
  title: string;
  field: FieldKey | '';
  samples: string[];
}

export interface PeopleImport {
  id: string;
  state: ImportState;
  filename: string;
  size: number;
  format: string;
  encoding: string;
  sheet: string;
  header_line: number;
  columns: ImportColumn[];
  kind: '' | 'staff' | 'student';
  from: string;
  counts: Record<Outcome | 'total' | 'blank' | 'applied' | 'listed', number>;
  /** Percent. */
  progress: number;
  failure: string;
  messages: Messages;
  reason: string;
  blockers: { line: number; person_id: string; name: string; number: string; messages: Messages }[];
  mine: boolean;
  kept: boolean;
  created_at: string;
  applied_at?: string | null;
  undone_at?: string | null;
}

export interface CellFlaw {
  cell: string;
  field: FieldKey | '';
  reason: string;
  messages: Messages;
}

export interface ImportRow {
  line: number;
  outcome: Outcome;
  person_id: string;
  values: Partial<Record<FieldKey, string>>;
  changes: { field: FieldKey; old: string; new: string }[];
  refusals: CellFlaw[];
  notes: CellFlaw[];
}

export interface Mapping {
  columns: { index: number; field: string }[];
  kind: string;
  from: string;
}

export const importKeys = {
  all: ['people-imports'] as const,
  list: () => [...importKeys.all, 'list'] as const,
  one: (id: string) => [...importKeys.all, 'one', id] as const,
  rows: (id: string, state: string) => [...importKeys.all, 'rows', id, state] as const,
};

export const working = (state: ImportState) =>
  state === 'uploaded' || state === 'mapped' || state === 'applying' || state === 'undoing';

export const loadImports = (request: UrlState, signal: AbortSignal) =>
  http.get<Page<PeopleImport>>(withQuery('/imports', { page_token: request.page_token }), { signal });

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: importKeys.one(id),
    queryFn: ({ signal }) => http.get<PeopleImport>(`/imports/${id}`, { signal }),
    refetchInterval: (query) => (query.state.data && working(query.state.data.state) ? 700 : false),
  });

export const loadRows = (id: string) => (request: UrlState, signal: AbortSignal) =>
  http.get<Page<ImportRow>>(
    withQuery(`/imports/${id}/rows`, { outcome: request.outcome, page_token: request.page_token }),
    { signal },
  );

export const uploadImport = (file: File) =>
  http.bytes<PeopleImport>('POST', withQuery('/imports', { filename: file.name }), file);

export const templateUrl = (format: 'xlsx' | 'csv') => `/api/v1/import-template?format=${format}`;
export const reportUrl = (id: string, format: 'xlsx' | 'csv') =>
  `/api/v1/imports/${id}/report?format=${format}`;

/** The deeds on one import. */
export function useImportDeeds(id: string) {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: importKeys.all }) };
  return {
    map: useMutation({ mutationFn: (body: Mapping) => http.post(`/imports/${id}/map`, body), ...after }),
    apply: useMutation({
      mutationFn: (reason: string) => http.post(`/imports/${id}/apply`, { reason }),
      ...after,
    }),
    undo: useMutation({
      mutationFn: (reason: string) => http.post(`/imports/${id}/undo`, { reason }),
      ...after,
    }),
  };
}
