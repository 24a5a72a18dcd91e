import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_END = 0x06054b50;
const DEFLATED = 8;

/** All that is written in a workbook's XML parts, one after another (ZIP, APPNOTE.TXT 4.3). */
export function workbookText(path: string): string {
  const zip = readFileSync(path);
  let end = zip.length - 22;
  while (zip.readUInt32LE(end) !== DIRECTORY_END) end--;
  let at = zip.readUInt32LE(end + 16);
  const parts: string[] = [];
  while (zip.readUInt32LE(at) === DIRECTORY_ENTRY) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const local = zip.readUInt32LE(at + 42);
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(from, from + size);
    parts.push((method === DEFLATED ? inflateRawSync(bytes) : bytes).toString('utf8'));
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return parts.join('\n');
}
