import { useState } from 'react';
import styles from './thumb.module.css';

interface ThumbProps {
  src?: string | null;
  /** Length or position, drawn in the corner. */
  time?: string;
  wide?: boolean;
}

/** The picture of a lesson or course. Decoration: the title stands beside it. */
export function Thumb({ src, time, wide }: ThumbProps) {
  const [broken, setBroken] = useState(false);
  return (
    <span className={`${styles.thumb} ${wide ? styles.wide : ''}`}>
      {src && !broken && (
        <img src={src} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      )}
      {time !== undefined && <span className="num">{time}</span>}
    </span>
  );
}
