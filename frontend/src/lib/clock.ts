/** The server's clock as this page knows it. Display only: every decision is taken on the server. */
let offset = 0;
let exact = false;

/**
 * Takes a server time seen in an answer. `server_now` (milliseconds) beats the Date header (whole seconds), and
 * the answer is dated to the middle of the exchange.
 */
export function noteServerTime(serverMs: number, sentMs: number, gotMs: number, precise: boolean): void {
  if (!Number.isFinite(serverMs) || (exact && !precise)) return;
  const middle = sentMs + (gotMs - sentMs) / 2;
  offset = (precise ? serverMs : serverMs + 500) - middle;
  exact = exact || precise;
}

/** Milliseconds since 1970 by the server's clock. */
export function serverNow(): number {
  return Date.now() + offset;
}
