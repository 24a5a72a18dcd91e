import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** Pictures that are kept in the repository and compared with; RENEW=1 writes them anew. */
const kept = join(import.meta.dirname, 'baseline');
/** Where the differences are painted. */
export const diffDir = join(import.meta.dirname, '../../.test/gallery-diff');

/** A pixel differs when a channel is this far off; a line on a card is 22 off, so a moved line is seen. */
const CHANNEL = 12;
/** Share of differing pixels that a picture may have: the smoothing of a few edges, less than the corners of a card. */
const TOLERATED = 0.001;

/**
 * Compares pictures with the kept ones. Colours are compared by Chromium itself, so no decoder of PNG is needed;
 * a picture of another size than the kept one is a difference in itself.
 */
export class Pictures {
  private constructor(private readonly page: Page) {}

  static async open(browser: Browser): Promise<Pictures> {
    rmSync(diffDir, { recursive: true, force: true });
    mkdirSync(kept, { recursive: true });
    return new Pictures(await browser.newPage());
  }

  /** What is different, in words, or nothing. */
  async compare(name: string, is: Buffer): Promise<string | undefined> {
    const file = join(kept, `${name}.png`);
    if (process.env.RENEW) {
      // A picture that is the same to the eye stays, so that a renewal changes only what has changed.
      if (!existsSync(file) || (await this.difference(readFileSync(file), is)).share > 0)
        writeFileSync(file, is);
      return undefined;
    }
    if (!existsSync(file)) return `${name}: no picture is kept; npm run gallery:renew makes it`;
    const { share, size, painted } = await this.difference(readFileSync(file), is);
    if (size === undefined && share <= TOLERATED) return undefined;
    mkdirSync(diffDir, { recursive: true });
    writeFileSync(join(diffDir, `${name}.png`), Buffer.from(painted, 'base64'));
    const what = size ?? `${(share * 100).toFixed(2)} % of the pixels differ`;
    return `${name}: ${what}; kept, now and difference side by side in .test/gallery-diff/${name}.png. If it is meant so: npm run gallery:renew`;
  }

  close(): Promise<void> {
    return this.page.close();
  }

  private difference(was: Buffer, is: Buffer) {
    return this.page.evaluate(
      async ([a, b, channel]) => {
        const read = async (data: string) => {
          const image = new Image();
          image.src = `data:image/png;base64,${data}`;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext('2d')!;
          context.drawImage(image, 0, 0);
          return { image, pixels: context.getImageData(0, 0, image.width, image.height).data };
        };
        const [one, two] = [await read(a), await read(b)];
        const width = Math.max(one.image.width, two.image.width);
        const height = Math.max(one.image.height, two.image.height);
        const same = one.image.width === two.image.width && one.image.height === two.image.height;
        const diff = new ImageData(width, height);
        const end = same ? one.pixels.length : 0;
        let differing = 0;
        for (let at = 0; at < end; at += 4) {
          const off = [0, 1, 2].some((i) => Math.abs(one.pixels[at + i]! - two.pixels[at + i]!) > channel);
          if (off) differing++;
          diff.data.set(off ? [200, 22, 29, 255] : [240, 240, 240, 255], at);
        }
        const sheet = document.createElement('canvas');
        sheet.width = width * 3 + 20;
        sheet.height = height;
        const context = sheet.getContext('2d')!;
        context.drawImage(one.image, 0, 0);
        context.drawImage(two.image, width + 10, 0);
        context.putImageData(diff, 2 * width + 20, 0);
        return {
          share: same ? differing / (width * height) : 1,
          size: same
            ? undefined
            : `was ${one.image.width} × ${one.image.height} px, is ${two.image.width} × ${two.image.height}`,
          painted: sheet.toDataURL('image/png').split(',')[1]!,
        };
      },
      [was.toString('base64'), is.toString('base64'), CHANNEL] as const,
    );
  }
}
