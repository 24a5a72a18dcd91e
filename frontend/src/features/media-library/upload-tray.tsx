import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type DragEvent } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Icon } from '@/components/ui/icon';
import { problemText } from '@/components/ui/state-view';
import { UploadProgress } from '@/components/ui/upload-progress';
import { useT } from '@/lib/t';
import { mediaKeys } from './api/media';
import { forgetUpload, startUploads, useUploads, useUploadStatus } from './uploads';
import type { Upload } from './upload';
import styles from './media-library.module.css';

const ACCEPT = 'video/*,.mp4,.mov,.mkv,.webm,.avi,.flv,.ts,.m4v,.mpg,.wmv';

/** Where files are dropped or chosen, and what is on its way. */
export function UploadTray() {
  const t = useT('media-library');
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const uploads = useUploads();
  const begin = (files: FileList | null) => {
    if (files && files.length > 0) {
      startUploads(files, () => void client.invalidateQueries({ queryKey: mediaKeys.all }));
    }
  };
  const drag = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <Card pad={uploads.length > 0} className={uploads.length > 0 ? '' : styles.bare}>
      <div
        className={`${styles.drop} ${over ? styles.over : ''}`}
        onDragOver={(event) => drag(event, true)}
        onDragLeave={(event) => drag(event, false)}
        onDrop={(event) => {
          drag(event, false);
          begin(event.dataTransfer.files);
        }}
      >
        <Icon name="upload" size={28} />
        <div className="grow">
          <b>{t('media-library:drop.title')}</b>
          <div className="xs">{t('media-library:drop.hint')}</div>
        </div>
        <Button kind="primary" onClick={() => input.current?.click()}>
          {t('media-library:drop.choose')}
        </Button>
        <input
          ref={input}
          type="file"
          accept={ACCEPT}
          multiple
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t('media-library:drop.choose')}
          data-testid="upload-input"
          onChange={(event) => {
            begin(event.target.files);
            event.target.value = '';
          }}
        />
      </div>
      {uploads.length > 0 && (
        <ul className={styles.uploads} aria-label={t('media-library:uploads')}>
          {uploads.map((upload) => (
            <li key={upload.key}>
              <OneUpload upload={upload} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function OneUpload({ upload }: { upload: Upload }) {
  const t = useT('media-library', 'ui', 'problem.network');
  const status = useUploadStatus(upload);
  const over = status.state === 'done' || status.state === 'cancelled';
  if (status.state === 'cancelled') return null;
  return (
    <>
      <UploadProgress
        filename={upload.file.name}
        sent={status.sent}
        size={status.size}
        state={status.state}
        rate={status.rate}
        problem={status.error === undefined ? undefined : problemText(status.error, t)}
        onPause={() => upload.pause()}
        onResume={() => void upload.start()}
        onCancel={() => {
          void upload.cancel().finally(() => forgetUpload(upload));
        }}
      />
      {over && (
        <div className="row between">
          <span className="xs">{t('media-library:processing')}</span>
          <Button small kind="quiet" onClick={() => forgetUpload(upload)}>
            {t('media-library:hide')}
          </Button>
        </div>
      )}
    </>
  );
}
