import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';
import styles from './tabs.module.css';

interface Tab<K extends string> {
  key: K;
  title: ReactNode;
  /** A number after the title. */
  count?: number;
}

interface TabsProps<K extends string> {
  tabs: Tab<K>[];
  current: K;
  onChange: (key: K) => void;
  label: string;
  /** The panel of the current tab. */
  children?: ReactNode;
}

/** Tabs by the ARIA pattern: arrows move, Home and End jump. */
export function Tabs<K extends string>({ tabs, current, onChange, label, children }: TabsProps<K>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  function move(event: KeyboardEvent) {
    const at = tabs.findIndex((tab) => tab.key === current);
    const last = tabs.length - 1;
    const next = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    const tab = next === undefined ? undefined : tabs[next];
    if (!tab || next === undefined) return;
    event.preventDefault();
    onChange(tab.key);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  }
  return (
    <>
      <div
        ref={list}
        className={styles.tabs}
        role="tablist"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={move}
      >
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`${id}-${tab.key}`}
            aria-controls={children === undefined ? undefined : `${id}-panel`}
            aria-selected={tab.key === current}
            tabIndex={tab.key === current ? 0 : -1}
            className={styles.tab}
            onClick={() => onChange(tab.key)}
          >
            {tab.title}
            {tab.count !== undefined && <small>{tab.count}</small>}
          </button>
        ))}
      </div>
      {children !== undefined && (
        <div
          role="tabpanel"
          id={`${id}-panel`}
          aria-labelledby={`${id}-${current}`}
          style={{ paddingTop: 16 }}
        >
          {children}
        </div>
      )}
    </>
  );
}

interface SegmentedProps<K extends string> {
  options: { key: K; title: ReactNode }[];
  current: K;
  onChange: (key: K) => void;
  label: string;
}

/** One of a few, all in sight: a filter or a setting. */
export function Segmented<K extends string>({ options, current, onChange, label }: SegmentedProps<K>) {
  const name = useId();
  return (
    <fieldset className={styles.segments}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.key}>
          <input
            type="radio"
            name={name}
            checked={option.key === current}
            onChange={() => onChange(option.key)}
          />
          <span>{option.title}</span>
        </label>
      ))}
    </fieldset>
  );
}
