import { useSyncExternalStore } from 'react';
import { Upload, type UploadStatus } from './upload';

/** The uploads of this page's life: they go on while the trainer looks at other pages. */
let uploads: readonly Upload[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Upload[]): void {
  uploads = next;
  listeners.forEach((listener) => listener());
}

/** Begins to send the files; `resumeId` continues an upload that a closed page left. */
export function startUploads(files: Iterable<File>, onDone: () => void, resumeId?: string): void {
  const added = Array.from(files, (file) => new Upload(file, undefined, resumeId));
  change([...uploads, ...added]);
  for (const upload of added) {
    upload.subscribe(() => {
      if (upload.status.state === 'done') onDone();
    });
    void upload.start();
  }
}

export function forgetUpload(upload: Upload): void {
  change(uploads.filter((one) => one !== upload));
}

const unfinished = (status: UploadStatus) => status.state === 'sending' || status.state === 'waiting';

export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploads,
  );
}

export function useUploadStatus(upload: Upload): UploadStatus {
  return useSyncExternalStore(upload.subscribe, upload.snapshot);
}

// A page that is closed in the middle loses no part, but the trainer should know that sending stops.
globalThis.addEventListener?.('beforeunload', (event) => {
  if (uploads.some((upload) => unfinished(upload.status))) event.preventDefault();
});
