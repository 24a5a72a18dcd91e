/**
 * SHA-256 in hexadecimal. `crypto.subtle` is absent on a plain-http intranet address, so a small kept library stands
 * in there; it is loaded only then.
 */
export async function sha256Hex(bytes: ArrayBuffer): Promise<string> {
  const digest =
    globalThis.crypto?.subtle === undefined
      ? (await import('@noble/hashes/sha2.js')).sha256(new Uint8Array(bytes))
      : new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
