import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { DetailPage } from '@/components/ui/desk/detail-page';
import { JobProgress } from '@/components/ui/job-progress';
import { Notice, StateView } from '@/components/ui/state-view';
import { toast } from '@/components/ui/toast';
import { formatBytes } from '@/lib/bytes';
import { useT } from '@/lib/t';
import { playTime, stamp } from '@/lib/time';
import { mediaKeys, mediumQuery, moving, useMediumVerb, type Medium } from './api/media';
import { MediumStateTag, rejection } from './medium-state';
import { startUploads } from './uploads';
import { useQueryClient } from '@tanstack/react-query';
import styles from './media-library.module.css';

/** One video: what it is, how far it is, a look at it, and what to do when it was rejected. */
export default function MediumPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(mediumQuery(id));
  return <StateView query={query}>{(medium) => <MediumDetail medium={medium} />}</StateView>;
}

function MediumDetail({ medium }: { medium: Medium }) {
  const t = useT('media-library', 'ui');
  const retry = useMediumVerb('retry');
  const cancel = useMediumVerb('cancel');
  const [asking, setAsking] = useState(false);
  const facts = [
    { label: t('media-library:fact.size'), value: formatBytes(medium.size) },
    {
      label: t('media-library:fact.duration'),
      value: medium.duration_ms > 0 ? playTime(medium.duration_ms) : '—',
    },
    {
      label: t('media-library:fact.picture'),
      value: medium.width > 0 ? `${medium.width}×${medium.height}` : '—',
    },
    {
      label: t('media-library:fact.renditions'),
      value: medium.renditions.length > 0 ? medium.renditions.map((one) => one.name).join(' · ') : '—',
    },
    { label: t('media-library:fact.created'), value: stamp(medium.created_at) },
    { label: t('media-library:fact.by'), value: medium.created_by_name ?? '—' },
  ];
  return (
    <DetailPage
      title={medium.filename}
      tags={<MediumStateTag medium={medium} />}
      facts={facts}
      actions={
        <>
          {medium.state === 'rejected' && (
            <Button busy={retry.isPending} onClick={() => retry.mutate(medium.id)}>
              {t('media-library:retry')}
            </Button>
          )}
          {medium.state === 'uploading' && (
            <Button kind="danger" onClick={() => setAsking(true)}>
              {t('media-library:cancel')}
            </Button>
          )}
        </>
      }
    >
      {medium.state === 'rejected' && (
        <Notice tone="accent" icon="alert" role="alert">
          <b>{t('media-library:rejected')}</b>
          <div>{rejection(medium)}</div>
        </Notice>
      )}
      {medium.state === 'uploading' && <Resume medium={medium} />}
      {moving(medium.state) && (
        <JobProgress
          title={t(`media-library:state.${medium.state}`)}
          label={medium.filename}
          percent={medium.progress}
          state={medium.state === 'transcoding' ? 'running' : 'waiting'}
          detail={t('media-library:leave')}
        />
      )}
      {medium.state === 'ready' && <Preview medium={medium} />}
      <ConfirmWithReason
        open={asking}
        title={t('media-library:cancelTitle')}
        verb={t('media-library:cancel')}
        onClose={() => setAsking(false)}
        onConfirm={() => cancel.mutateAsync(medium.id).then(() => toast(t('media-library:cancelled')))}
      >
        {t('media-library:cancelText', { name: medium.filename })}
      </ConfirmWithReason>
    </DetailPage>
  );
}

/** An upload that a closed page left: choose the same file and only the missing parts are sent. */
function Resume({ medium }: { medium: Medium }) {
  const t = useT('media-library');
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [other, setOther] = useState(false);
  return (
    <div>
      <JobProgress
        title={t('media-library:resume.title')}
        label={medium.filename}
        percent={(medium.parts_done.length * 100) / Math.max(1, medium.part_count)}
        state="running"
        detail={other ? t('media-library:resume.other') : t('media-library:resume.text')}
        actions={
          <Button small kind="primary" onClick={() => input.current?.click()}>
            {t('media-library:resume.choose')}
          </Button>
        }
      />
      <input
        ref={input}
        type="file"
        className="visually-hidden"
        tabIndex={-1}
        aria-label={t('media-library:resume.choose')}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (!file) return;
          const same = file.name === medium.filename && file.size === medium.size;
          setOther(!same);
          if (same)
            startUploads([file], () => void client.invalidateQueries({ queryKey: mediaKeys.all }), medium.id);
        }}
      />
    </div>
  );
}

function Preview({ medium }: { medium: Medium }) {
  const t = useT('media-library');
  const video = useRef<HTMLVideoElement>(null);
  const source = medium.master_url ?? `/api/v1/media/${medium.id}/hls/master.m3u8`;
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    let stop = () => {};
    let gone = false;
    void import('hls.js/light').then(({ default: Hls }) => {
      if (gone) return;
      if (!Hls.isSupported()) {
        element.src = source;
        return;
      }
      const hls = new Hls({ capLevelToPlayerSize: true });
      hls.loadSource(source);
      hls.attachMedia(element);
      stop = () => hls.destroy();
    });
    return () => {
      gone = true;
      stop();
    };
  }, [source]);
  return (
    <Card>
      {/* A look at one's own upload; captions belong to the lesson. */}
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <video
        ref={video}
        className={styles.preview}
        controls
        playsInline
        preload="metadata"
        poster={medium.poster_url}
        aria-label={t('media-library:preview')}
      />
    </Card>
  );
}
