import { useQuery } from '@tanstack/react-query';
import { AppLink } from '@/components/ui/app-link';
import { DataTable, type Column } from '@/components/ui/desk/data-table';
import { PageHeader } from '@/components/ui/page-header';
import { Thumb } from '@/components/ui/thumb';
import { formatBytes } from '@/lib/bytes';
import { paths } from '@/lib/paths';
import { useT } from '@/lib/t';
import { playTime, whenText } from '@/lib/time';
import { loadMedia, mediaKeys, moving, type Medium, type MediumState } from './api/media';
import { MediumStateTag, rejection } from './medium-state';
import { UploadTray } from './upload-tray';
import styles from './media-library.module.css';

const STATES: MediumState[] = ['uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'rejected'];

/** The trainer's videos: send new ones, see how far each is, open one. */
export default function MediaLibrary() {
  const t = useT('media-library', 'ui');
  const waiting = useAnyMoving();
  const columns: Column<Medium>[] = [
    {
      key: 'name',
      title: t('media-library:column.name'),
      always: true,
      render: (medium) => (
        <div className={styles.name}>
          <Thumb
            src={medium.poster_url}
            time={medium.duration_ms > 0 ? playTime(medium.duration_ms) : undefined}
          />
          <div style={{ minWidth: 0 }}>
            <AppLink to={paths.staffMedium(medium.id)}>
              <b>{medium.filename}</b>
            </AppLink>
            {medium.state === 'rejected' && <div className="xs">{rejection(medium)}</div>}
          </div>
        </div>
      ),
    },
    {
      key: 'state',
      side: true,
      title: t('media-library:column.state'),
      width: 180,
      render: (medium) => <MediumStateTag medium={medium} />,
    },
    {
      key: 'size',
      title: t('media-library:column.size'),
      align: 'end',
      width: 110,
      render: (medium) => formatBytes(medium.size),
    },
    {
      key: 'picture',
      title: t('media-library:column.picture'),
      align: 'end',
      width: 120,
      render: (medium) => (medium.width > 0 ? `${medium.width}×${medium.height}` : '—'),
    },
    {
      key: 'created',
      title: t('media-library:column.created'),
      width: 150,
      render: (medium) => whenText(medium.created_at),
    },
  ];
  return (
    <>
      <PageHeader title={t('media-library:title')} detail={t('media-library:detail')} />
      <div className="stack">
        <UploadTray />
        <DataTable<Medium>
          name="media"
          label={t('media-library:title')}
          queryKey={mediaKeys.list()}
          load={loadMedia}
          columns={columns}
          rowKey={(medium) => medium.id}
          rowTo={(medium) => paths.staffMedium(medium.id)}
          rowTone={(medium) => (medium.state === 'rejected' ? 'warn' : undefined)}
          refetchInterval={waiting ? 2000 : 15_000}
          filters={[
            { kind: 'search', key: 'q', label: t('media-library:search') },
            {
              kind: 'select',
              key: 'state',
              label: t('media-library:column.state'),
              options: STATES.map((state) => ({ value: state, label: t(`media-library:state.${state}`) })),
            },
          ]}
          empty={{ title: t('media-library:empty.title'), text: t('media-library:empty.text') }}
        />
      </div>
    </>
  );
}

/** Whether some medium is being made ready, so that the list should look again soon. */
function useAnyMoving(): boolean {
  const probe = useQuery({
    queryKey: [...mediaKeys.list(), 'moving'],
    queryFn: ({ signal }) => loadMedia({ page_token: '' }, signal),
    refetchInterval: 5000,
  });
  return probe.data?.items.some((medium) => moving(medium.state)) ?? false;
}
