import { useState } from 'react';
import { Icon } from './icon';
import styles from './thumb.module.css';

interface ThumbProps {
  src?: string | null;
  /** Length or position, drawn in the corner. */
  time?: string;
  wide?: boolean;
}

/** The picture of a lesson or course. Decoration: the title stands beside it. */
export function Thumb({ src, time, wide }: ThumbProps) {
  const [broken, setBroken] = useState<string>();
  const shown = src && broken !== src ? src : undefined;
  return (
    <span className={`${styles.thumb} ${wide ? styles.wide : ''} ${shown ? '' : styles.none}`}>
      {shown ? (
        <img src={shown} alt="" loading="lazy" decoding="async" onError={() => setBroken(shown)} />
      ) : (
        <Icon name="play" size={wide ? 40 : 22} />
      )}
      {time !== undefined && <span className="num">{time}</span>}
    </span>
  );
}
