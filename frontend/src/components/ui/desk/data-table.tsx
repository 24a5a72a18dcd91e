import { skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Popover, Table, type TableColumnsType } from 'antd';
import { useMemo, useState, type Key, type MouseEvent, type ReactNode } from 'react';
import { useNavigate } from '@tanstack/react-router';
import { Button } from '@/components/ui/button';
import { CheckField } from '@/components/ui/field';
import { Empty, ErrorState, OfflineState, SkeletonLines } from '@/components/ui/state-view';
import type { Page } from '@/lib/http';
import { useNarrow } from '@/lib/screen';
import { recall, remember } from '@/lib/storage';
import { useUrlState, type UrlState } from '@/lib/url-state';
import { DataCards, SortChoice } from './data-cards';
import { DataFilters, type Filter } from './data-filters';
import styles from './data-table.module.css';
import { useT } from '@/lib/t';

export interface Column<T> {
  key: string;
  title: string;
  render: (row: T) => ReactNode;
  align?: 'end';
  width?: number | string;
  /** The server's sort key; makes the heading a button. */
  sort?: string;
  /** Cannot be hidden. */
  always?: boolean;
  /** Hidden until chosen. */
  extra?: boolean;
  /** As wide as this at most; longer text wraps. */
  wrap?: string;
  /** Stands at the right of a phone's card: a state. */
  side?: boolean;
  /** Takes a line of its own there: a bar. */
  wide?: boolean;
}

export interface PageRequest extends UrlState {
  page_token: string;
}

interface DataTableProps<T> {
  /** Names the table: its column choice is remembered under it. */
  name: string;
  /** Accessible name. */
  label: string;
  queryKey: readonly unknown[];
  /** Loads one page for the filters in the URL (plus `sort`) and a page token. */
  load: (request: PageRequest, signal: AbortSignal) => Promise<Page<T>>;
  /** Counts the rows that the filter takes, where the pages do not say. */
  count?: (filter: UrlState, signal: AbortSignal) => Promise<number>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  filters?: Filter[];
  /** Filters that hold without standing in the URL. */
  defaults?: UrlState;
  /** Where a press on the row goes. The first column should hold a link for the keyboard. */
  rowTo?: (row: T) => string;
  onRow?: (row: T) => void;
  /** Deeds on the rows ticked. */
  bulk?: (rows: T[], clear: () => void) => ReactNode;
  /** Exports what is filtered. */
  onExport?: (filter: UrlState) => void;
  /** More at the right of the filters. */
  tools?: ReactNode;
  empty?: { title: string; text?: ReactNode; action?: ReactNode };
  rowTone?: (row: T) => 'warn' | undefined;
  /** Refetch this often (ms) while a row is changing by itself. */
  refetchInterval?: number | false;
}

/** The list of every staff page: filter in the URL, column choice, keyset pages, ticked rows, export, all states. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { name, label, queryKey, load, columns, rowKey, filters = [], defaults, rowTo, onRow, bulk } = props;
  const { count } = props;
  const t = useT('ui');
  const navigate = useNavigate();
  const [url, setUrl] = useUrlState();
  const filter = useMemo(() => ({ ...defaults, ...url }), [defaults, url]);
  const [ticked, setTicked] = useState<Key[]>([]);
  const [hidden, hide] = useHidden(name, columns);

  const query = useInfiniteQuery({
    queryKey: [...queryKey, filter],
    queryFn: ({ pageParam, signal }) => load({ ...filter, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    refetchInterval: props.refetchInterval,
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((one) => one.items) ?? [], [query.data]);
  const counted = useQuery({
    queryKey: [...queryKey, 'count', filter],
    queryFn: count ? ({ signal }) => count(filter, signal) : skipToken,
  });
  const total = query.data?.pages[0]?.total ?? counted.data;
  const shown = columns.filter((column) => !hidden.has(column.key));
  const filtered = filters.some((one) => url[one.key]);
  const tickedRows = rows.filter((row) => ticked.includes(rowKey(row)));
  const clear = () => setTicked([]);
  const narrow = useNarrow();
  const rowClass = (row: T) =>
    (rowTo || onRow ? 'linked' : '') + (props.rowTone?.(row) === 'warn' ? ' warned' : '');
  function press(event: MouseEvent, row: T) {
    if ((event.target as HTMLElement).closest('a,button,input,label')) return;
    if (rowTo) void navigate({ to: rowTo(row) });
    onRow?.(row);
  }

  const tick = (row: T) => (
    <CheckField
      label={<span className="visually-hidden">{t('ui:table.tick')}</span>}
      checked={ticked.includes(rowKey(row))}
      onChange={({ target }) =>
        setTicked((before) =>
          target.checked ? [...before, rowKey(row)] : before.filter((key) => key !== rowKey(row)),
        )
      }
    />
  );

  const kitColumns: TableColumnsType<T> = shown.map((column) => ({
    key: column.key,
    title: column.title,
    width: column.width,
    align: column.align,
    className: column.align === 'end' ? 'num' : undefined,
    render: (_, row) =>
      column.wrap ? <div style={{ maxWidth: column.wrap }}>{column.render(row)}</div> : column.render(row),
    sorter: column.sort !== undefined,
    sortOrder: column.sort === undefined ? undefined : orderOf(filter.sort, column.sort),
    showSorterTooltip: false,
  }));

  return (
    <>
      <div className={styles.bar} role="search" aria-label={t('ui:table.filters', { label })}>
        <DataFilters filters={filters} value={filter} onChange={(change) => (clear(), setUrl(change))} />
        {filtered && (
          <Button
            small
            kind="quiet"
            onClick={() => setUrl(Object.fromEntries(filters.map((one) => [one.key, undefined])))}
          >
            {t('ui:table.clear')}
          </Button>
        )}
        {total !== undefined && <span className="xs">{t('ui:table.total', { count: total })}</span>}
        <div className={styles.end}>
          {props.tools}
          {narrow && <SortChoice columns={shown} value={filter.sort} onChange={(sort) => setUrl({ sort })} />}
          <ColumnChoice columns={columns} hidden={hidden} onChange={hide} />
          {props.onExport && (
            <Button small onClick={() => props.onExport?.(filter)}>
              {t('ui:table.export')}
            </Button>
          )}
        </div>
      </div>
      {bulk && tickedRows.length > 0 && (
        <div className={styles.bulk} role="region" aria-label={t('ui:table.bulk')}>
          <span>{t('ui:table.ticked', { count: tickedRows.length })}</span>
          {bulk(tickedRows, clear)}
          <Button small kind="quiet" onClick={clear}>
            {t('ui:table.untick')}
          </Button>
        </div>
      )}
      <div className={styles.frame} data-busy={query.isFetching}>
        {rows.length > 0 ? (
          <>
            {query.isError && <ErrorState compact error={query.error} onRetry={() => void query.refetch()} />}
            {narrow ? (
              <DataCards
                label={label}
                columns={shown}
                rows={rows}
                rowKey={rowKey}
                rowClass={rowClass}
                onPress={press}
                tick={bulk && tick}
              />
            ) : (
              /* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must take the keyboard */
              <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
                <Table<T>
                  size="middle"
                  columns={kitColumns}
                  dataSource={rows}
                  rowKey={rowKey}
                  pagination={false}
                  rowSelection={
                    bulk
                      ? { selectedRowKeys: ticked, onChange: setTicked, preserveSelectedRowKeys: true }
                      : undefined
                  }
                  rowClassName={rowClass}
                  onRow={(row) => ({ onClick: (event) => press(event, row) })}
                  onChange={(_, __, sorter) => {
                    const one = Array.isArray(sorter) ? sorter[0] : sorter;
                    const key = columns.find((column) => column.key === one?.columnKey)?.sort;
                    setUrl({
                      sort: key && one?.order ? (one.order === 'descend' ? `-${key}` : key) : undefined,
                    });
                  }}
                />
              </div>
            )}
            <div className={styles.more}>
              <span className="xs">{t('ui:table.shown', { count: rows.length })}</span>
              {query.hasNextPage && (
                <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('ui:table.more')}
                </Button>
              )}
            </div>
          </>
        ) : query.isError ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : query.fetchStatus === 'paused' ? (
          <OfflineState onRetry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonLines lines={8} />
        ) : filtered ? (
          <Empty icon="search" title={t('ui:table.nothingFound')}>
            {t('ui:table.nothingFoundHint')}
          </Empty>
        ) : (
          <Empty title={props.empty?.title ?? t('ui:table.empty')} action={props.empty?.action}>
            {props.empty?.text}
          </Empty>
        )}
      </div>
    </>
  );
}

function orderOf(sort: string | undefined, key: string): 'ascend' | 'descend' | null {
  if (sort === key) return 'ascend';
  return sort === `-${key}` ? 'descend' : null;
}

function useHidden<T>(name: string, columns: Column<T>[]): [Set<string>, (hidden: Set<string>) => void] {
  const store = `columns.${name}`;
  const [hidden, setHidden] = useState(
    () =>
      new Set(
        recall<string[]>(
          store,
          columns.filter((column) => column.extra).map((column) => column.key),
        ),
      ),
  );
  return [
    hidden,
    (next) => {
      setHidden(next);
      remember(store, [...next]);
    },
  ];
}

interface ColumnChoiceProps<T> {
  columns: Column<T>[];
  hidden: Set<string>;
  onChange: (hidden: Set<string>) => void;
}

function ColumnChoice<T>({ columns, hidden, onChange }: ColumnChoiceProps<T>) {
  const t = useT('ui');
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div className={styles.columns}>
          {columns.map((column) => (
            <CheckField
              key={column.key}
              label={column.title}
              disabled={column.always}
              checked={!hidden.has(column.key)}
              onChange={() => {
                const next = new Set(hidden);
                if (!next.delete(column.key)) next.add(column.key);
                onChange(next);
              }}
            />
          ))}
        </div>
      }
    >
      <Button small>{t('ui:table.columns')}</Button>
    </Popover>
  );
}
