import { useId, type HTMLAttributes, type ReactNode } from 'react';
import { AppLink } from './app-link';
import styles from './card.module.css';

interface CardProps extends Omit<HTMLAttributes<HTMLDivElement>, 'title'> {
  /** Inner margin of 16 px; off when the content brings its own. */
  pad?: boolean;
}

export function Card({ pad = true, className, ...rest }: CardProps) {
  return <div {...rest} className={`${styles.card} ${pad ? styles.pad : ''} ${className ?? ''}`} />;
}

/** A card of rows divided by lines. Children are CardItem. */
export function CardList({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <ul className={`${styles.card} ${styles.list}`} aria-label={label}>
      {children}
    </ul>
  );
}

interface CardItemProps {
  title: ReactNode;
  detail?: ReactNode;
  /** Right of the text: a tag, an arrow. */
  side?: ReactNode;
  /** Left of the text: a picture. */
  lead?: ReactNode;
  to?: string;
  search?: Record<string, string | undefined>;
  onClick?: () => void;
  current?: boolean;
  children?: ReactNode;
}

export function CardItem({
  title,
  detail,
  side,
  lead,
  to,
  search,
  onClick,
  current,
  children,
}: CardItemProps) {
  const className = `${styles.item} ${current ? styles.on : ''}`;
  const content = (
    <>
      {lead}
      <span className={styles.main}>
        <span className={styles.title} style={{ display: 'block' }}>
          {title}
        </span>
        {detail !== undefined && (
          <span className="s" style={{ display: 'block' }}>
            {detail}
          </span>
        )}
        {children}
      </span>
      {side !== undefined && <span className={styles.side}>{side}</span>}
    </>
  );
  return (
    <li>
      {to ? (
        <AppLink to={to} search={search} className={className} aria-current={current ? 'true' : undefined}>
          {content}
        </AppLink>
      ) : onClick ? (
        <button type="button" className={className} onClick={onClick}>
          {content}
        </button>
      ) : (
        <div className={className}>{content}</div>
      )}
    </li>
  );
}

interface SectionProps {
  title: ReactNode;
  /** Link at the right of the heading. */
  more?: { text: string; to: string; search?: Record<string, string | undefined> };
  aside?: ReactNode;
  children: ReactNode;
}

/** A heading of the second level with what belongs to it. */
export function Section({ title, more, aside, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {more && (
          <AppLink to={more.to} search={more.search}>
            {more.text}
          </AppLink>
        )}
        {aside}
      </header>
      {children}
    </section>
  );
}
