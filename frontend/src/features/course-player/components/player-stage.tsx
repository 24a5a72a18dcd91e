import 'media-chrome/media-controller';
import 'media-chrome/media-control-bar';
import 'media-chrome/media-play-button';
import 'media-chrome/media-seek-backward-button';
import 'media-chrome/media-time-range';
import 'media-chrome/media-preview-time-display';
import 'media-chrome/media-mute-button';
import 'media-chrome/media-volume-range';
import 'media-chrome/media-pip-button';
import 'media-chrome/media-fullscreen-button';
import 'media-chrome/media-loading-indicator';
import 'media-chrome/lang/zh-CN';
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Button } from '@/components/ui/button';
import { Icon } from '@/components/ui/icon';
import { language } from '@/lib/language';
import { recall, remember } from '@/lib/storage';
import { useT, type Say } from '@/lib/t';
import { playTime } from '@/lib/time';
import { bindVideo } from '../engine/bind-video';
import type { Play } from '../engine/play';
import { startStream, type Rendition, type Stream } from '../stream';
import { usePlayerKeys } from './use-player-keys';
import styles from './player-stage.module.css';

interface PlayerStageProps {
  play: Play;
  video: RefObject<HTMLVideoElement | null>;
  /** Where to begin, in ms. */
  startMs: number;
  /** What stands over the picture instead of the controls, e.g. that another device plays. */
  cover?: ReactNode;
  onSkipRefused: (backMs: number) => void;
  onRateRefused: (limit: number) => void;
}

const RATES = [0.75, 1, 1.25, 1.5, 2, 2.5, 3];
/** Keys that belong to a menu while it has the focus, not to the player. */
const MENU_KEYS = 'ArrowUp ArrowDown ArrowLeft ArrowRight Space Enter';

/** The picture with its controls. Loaded apart, since engine and controls are large. */
export default function PlayerStage(props: PlayerStageProps) {
  const { play, video, startMs, cover, onSkipRefused, onRateRefused } = props;
  const t = useT('course-player');
  const { media, allow_skip: allowSkip, max_rate: maxRate } = play.opened;
  const stream = useRef<Stream>(undefined);
  const [renditions, setRenditions] = useState<Rendition[]>([]);
  const [level, setLevel] = useState(-1);
  const [rate, setRate] = useState(() => Math.min(recall('player.rate', 1), maxRate));
  const [trouble, setTrouble] = useState<'stalled' | 'broken'>();
  const [begun, setBegun] = useState(false);
  usePlayerKeys(video, cover === undefined);

  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    const started = startStream(element, media.master_url, startMs, {
      onRenditions: setRenditions,
      onStalled: (stalled) => setTrouble(stalled ? 'stalled' : undefined),
      onBroken: () => setTrouble('broken'),
    });
    stream.current = started;
    const online = () => started.resume();
    addEventListener('online', online);
    return () => {
      removeEventListener('online', online);
      started.stop();
    };
  }, [video, media.master_url, startMs]);

  const refusals = useRef({ onSkipRefused, onRateRefused });
  useEffect(() => {
    refusals.current = { onSkipRefused, onRateRefused };
  });
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    return bindVideo(element, play, {
      allowSkip,
      maxRate,
      onSkipRefused: (_, backMs) => refusals.current.onSkipRefused(backMs),
      onRateRefused: (_, limit) => refusals.current.onRateRefused(limit),
    });
  }, [video, play, allowSkip, maxRate]);

  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    setSpeed(element, rate);
    const follow = () => setRate(element.playbackRate);
    element.addEventListener('ratechange', follow);
    return () => element.removeEventListener('ratechange', follow);
  }, [video, rate]);

  function chooseRate(next: number) {
    remember('player.rate', next);
    setRate(next);
  }
  function chooseLevel(next: number) {
    setLevel(next);
    stream.current?.choose(next);
  }
  return (
    <div
      className={`${styles.stage} ${cover === undefined ? '' : styles.covered}`}
      data-testid="player"
      data-begun={begun}
    >
      <media-controller
        class={styles.controller}
        lang={language()}
        keyboardforwardseekoffset="10"
        keyboardbackwardseekoffset="10"
      >
        {/* A lesson has no captions yet; when it has, they become a track here. */}
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
        <video
          ref={video}
          slot="media"
          playsInline
          preload="metadata"
          poster={media.poster_url || undefined}
          crossOrigin="use-credentials"
          aria-label={play.opened.lesson.title}
          onPlaying={() => setBegun(true)}
        />
        <media-loading-indicator slot="centered-chrome" noautohide />
        <div className={styles.range}>
          <media-time-range>
            <media-preview-time-display slot="preview" />
          </media-time-range>
        </div>
        <media-control-bar class={styles.bar}>
          <media-play-button />
          <media-seek-backward-button class={styles.back} seekoffset="10" />
          <Clock video={video} durationMs={media.duration_ms} />
          <span className={styles.gap} />
          <select
            className={styles.menu}
            aria-label={t('course-player:speed')}
            value={rate}
            onChange={(event) => chooseRate(Number(event.target.value))}
            {...{ keysused: MENU_KEYS }}
            data-testid="speed"
          >
            {speeds(rate, maxRate).map((one) => (
              <option key={one} value={one}>
                {one.toFixed(one % 0.5 === 0 ? 1 : 2)}×
              </option>
            ))}
          </select>
          {renditions.length > 1 && (
            <select
              className={styles.menu}
              aria-label={t('course-player:quality')}
              value={level}
              onChange={(event) => chooseLevel(Number(event.target.value))}
              {...{ keysused: MENU_KEYS }}
              data-testid="quality"
            >
              <option value={-1}>{t('course-player:auto')}</option>
              {renditions.map((one) => (
                <option key={one.level} value={one.level}>
                  {one.height}p
                </option>
              ))}
            </select>
          )}
          <media-mute-button />
          <media-volume-range class={styles.wide} />
          <media-pip-button class={styles.wide} />
          <media-fullscreen-button />
        </media-control-bar>
      </media-controller>
      {!begun && !cover && trouble !== 'broken' && (
        <button
          type="button"
          className={styles.start}
          onClick={() => void video.current?.play().catch(() => {})}
          data-testid="play"
        >
          <span className={styles.disc}>
            <Icon name="play" size={26} />
          </span>
          {startText(play, startMs, t)}
        </button>
      )}
      {trouble === 'stalled' && !cover && (
        <p className={styles.stalled} role="status">
          <Icon name="offline" size={16} />
          {t('course-player:stalled')}
        </p>
      )}
      {trouble === 'broken' && !cover && (
        <div className={styles.cover} role="alert">
          <b>{t('course-player:broken.title')}</b>
          <p>{t('course-player:broken.text')}</p>
          <Button onClick={() => location.reload()}>{t('course-player:broken.reload')}</Button>
        </div>
      )}
      {cover !== undefined && <div className={styles.cover}>{cover}</div>}
    </div>
  );
}

/** Position and length as text. */
function Clock({ video, durationMs }: { video: RefObject<HTMLVideoElement | null>; durationMs: number }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    const tick = () => setSeconds(Math.floor(element.currentTime));
    const events = ['timeupdate', 'seeking', 'loadedmetadata'];
    events.forEach((event) => element.addEventListener(event, tick));
    return () => events.forEach((event) => element.removeEventListener(event, tick));
  }, [video]);
  return (
    <span className={`num ${styles.clock}`}>
      {playTime(seconds * 1_000)} / {playTime(durationMs)}
    </span>
  );
}

function startText(play: Play, startMs: number, t: Say): string {
  if (startMs > 0) return t('course-player:resumeFrom', { at: playTime(startMs) });
  return play.getSnapshot().completed_at ? t('course-player:replay') : t('course-player:begin');
}

function setSpeed(element: HTMLVideoElement, rate: number): void {
  element.defaultPlaybackRate = rate;
  element.playbackRate = rate;
}

function speeds(current: number, limit: number): number[] {
  const allowed = RATES.filter((one) => one <= limit);
  return allowed.includes(current) ? allowed : [current, ...allowed];
}
