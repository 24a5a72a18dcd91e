import { SKIP_SLACK_MS, type Play } from './play';
import { includes } from './ranges';

/** The parts of a video element the engine uses. */
export type Video = Pick<
  HTMLVideoElement,
  | 'currentTime'
  | 'playbackRate'
  | 'paused'
  | 'ended'
  | 'seeking'
  | 'readyState'
  | 'addEventListener'
  | 'removeEventListener'
>;

export interface BindOptions {
  allowSkip: boolean;
  maxRate: number;
  /** Someone tried to pass a part not yet watched and was brought back. */
  onSkipRefused(wantedMs: number, backMs: number): void;
  /** Someone chose a speed above the limit. */
  onRateRefused(wanted: number, limit: number): void;
}

/** Lets a play follow a video element; returns how to undo it. */
export function bindVideo(video: Video, play: Play, options: BindOptions): () => void {
  const at = () => video.currentTime * 1_000;

  function onProgress(): void {
    // readyState 2 (have current data) and below: it waits for bytes and does not play.
    if (video.paused || video.seeking || video.readyState < 3) return;
    play.progress(at(), video.playbackRate);
    keepBack();
  }

  /** Where skipping is off, the part after the first gap waits until the gap is watched. */
  function keepBack(): void {
    const { completed_at, reach_ms, coverage } = play.getSnapshot();
    if (options.allowSkip || completed_at !== undefined) return;
    const wanted = at();
    if (wanted <= reach_ms + SKIP_SLACK_MS || includes(coverage, wanted)) return;
    video.currentTime = reach_ms / 1_000;
    options.onSkipRefused(wanted, reach_ms);
  }

  function onSeeking(): void {
    play.seek();
    keepBack();
  }

  function onRate(): void {
    if (video.playbackRate > options.maxRate) {
      const wanted = video.playbackRate;
      video.playbackRate = options.maxRate;
      options.onRateRefused(wanted, options.maxRate);
      return;
    }
    onProgress();
  }

  const onStop = () => play.stop(at());
  const onEmptied = () => play.seek();

  const table: [string, () => void][] = [
    ['playing', onProgress],
    ['timeupdate', onProgress],
    ['seeking', onSeeking],
    ['seeked', onProgress],
    ['ratechange', onRate],
    ['pause', onStop],
    ['ended', onStop],
    ['waiting', onProgress],
    ['emptied', onEmptied],
  ];
  for (const [event, handler] of table) video.addEventListener(event, handler);
  return () => {
    for (const [event, handler] of table) video.removeEventListener(event, handler);
  };
}
