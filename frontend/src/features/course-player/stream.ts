// oxlint-disable-next-line import/no-named-as-default -- the light build has only the default
import Hls from 'hls.js/light';

export interface Rendition {
  /** Index in the playlist; -1 lets the player choose. */
  level: number;
  height: number;
}

export interface StreamEvents {
  onRenditions(renditions: Rendition[]): void;
  /** Bytes do not come; it goes on by itself when they do. */
  onStalled(stalled: boolean): void;
  /** It will not play: the playlist is refused or the browser cannot read the video. */
  onBroken(): void;
}

export interface Stream {
  choose(level: number): void;
  /** The network is back. */
  resume(): void;
  stop(): void;
}

const RETRY_MS = 3_000;
const MEDIA_RECOVERIES = 3;

/** Plays an HLS playlist in a video element: hls.js where the browser has media source, else its own HLS. */
export function startStream(
  video: HTMLVideoElement,
  url: string,
  startMs: number,
  events: StreamEvents,
): Stream {
  return Hls.isSupported() ? withHls(video, url, startMs, events) : native(video, url, startMs, events);
}

function withHls(video: HTMLVideoElement, url: string, startMs: number, events: StreamEvents): Stream {
  const hls = new Hls({ startPosition: startMs / 1_000, maxBufferLength: 60, capLevelToPlayerSize: true });
  let retry: number | undefined;
  let recoveries = 0;
  hls.on(Hls.Events.MANIFEST_PARSED, (_, { levels }) => {
    events.onRenditions(levels.map(({ height }, level) => ({ level, height })));
  });
  hls.on(Hls.Events.FRAG_BUFFERED, () => events.onStalled(false));
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (!data.fatal) return;
    const status = data.response?.code ?? 0;
    const passing = status === 0 || status === 401 || status === 429 || status >= 500;
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR && passing) {
      events.onStalled(true);
      retry = window.setTimeout(resume, RETRY_MS);
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries < MEDIA_RECOVERIES) {
      recoveries += 1;
      hls.recoverMediaError();
    } else events.onBroken();
  });
  function resume(): void {
    clearTimeout(retry);
    if (hls.levels.length === 0) hls.loadSource(url);
    else hls.startLoad();
  }
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    choose: (level) => {
      hls.nextLevel = level;
    },
    resume,
    stop: () => {
      clearTimeout(retry);
      hls.destroy();
    },
  };
}

function native(video: HTMLVideoElement, url: string, startMs: number, events: StreamEvents): Stream {
  if (video.canPlayType('application/vnd.apple.mpegurl') === '') {
    events.onBroken();
    return { choose: () => {}, resume: () => {}, stop: () => {} };
  }
  let from = startMs / 1_000;
  const begin = () => {
    if (from > 0) video.currentTime = from;
  };
  const failed = () => {
    const network = video.error?.code === MediaError.MEDIA_ERR_NETWORK;
    if (network) events.onStalled(true);
    else events.onBroken();
  };
  video.addEventListener('loadedmetadata', begin);
  video.addEventListener('error', failed);
  video.src = url;
  return {
    choose: () => {},
    resume: () => {
      if (!video.error) return;
      from = video.currentTime;
      events.onStalled(false);
      video.load();
    },
    stop: () => {
      video.removeEventListener('loadedmetadata', begin);
      video.removeEventListener('error', failed);
      video.removeAttribute('src');
      video.load();
    },
  };
}
