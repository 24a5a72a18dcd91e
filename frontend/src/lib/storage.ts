/** Small things remembered in this browser. A blocked or full store is never an error for the page. */
export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`zhixing.${key}`, JSON.stringify(value));
  } catch {
    // Private mode or a full store: the choice lasts for this visit only.
  }
}

/** What `remember` kept under the key, or the fallback. */
export function recall<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`zhixing.${key}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(`zhixing.${key}`);
  } catch {
    // Nothing was kept.
  }
}
