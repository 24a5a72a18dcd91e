import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, Visitor } from './browser';

/** Pictures as phones take them: larger than the server takes, and lying on their side with a note that says so. */

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** A picture of noise, wider than high, of the type. */
async function noise(page: Page, width: number, height: number, type: string): Promise<Buffer> {
  const text = await page.evaluate(
    async ([w, h, mime]) => {
      const canvas = new OffscreenCanvas(w, h);
      const brush = canvas.getContext('2d')!;
      const image = brush.createImageData(w, h);
      for (let i = 0; i < image.data.length; i += 65_536)
        crypto.getRandomValues(image.data.subarray(i, i + 65_536));
      for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
      brush.putImageData(image, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: mime })).arrayBuffer());
      let out = '';
      for (let i = 0; i < bytes.length; i += 32_768)
        out += String.fromCharCode(...bytes.subarray(i, i + 32_768));
      return btoa(out);
    },
    [width, height, type] as const,
  );
  return Buffer.from(text, 'base64');
}

/** The JPEG with the note "turn a quarter to the right" (EXIF orientation 6). */
function onItsSide(jpeg: Buffer): Buffer {
  const exif = Buffer.from('4578696600004d4d002a00000008000101120003000000010006000000000000', 'hex');
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

const sizeOf = (page: Page, src: string) =>
  page.evaluate(async (address) => {
    const { width, height } = await createImageBitmap(await (await fetch(address)).blob());
    return { width, height };
  }, src);

it('a photo of a phone stands upright and is small', { timeout: 120_000 }, async () => {
  const admin = await Visitor.at(browser, 'desk');
  await admin.signIn('admin');
  const made = await admin.api<{ items: { id: string }[] }>('POST', '/people', {
    people: [{ number: 'e2e-photo', name: '韩雪', kind: 'staff' }],
  });
  expect(made.status).toBe(200);
  await admin.open(`/staff/people/${made.body.items[0]!.id}`);
  const page = admin.page;
  const photo = onItsSide(await noise(page, 2400, 1600, 'image/jpeg'));
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: photo });
  const shown = page.locator('img[src*="/photo"]');
  await shown.waitFor();
  // Seen red: with the file sent as it is, it was refused as too large.
  expect(await sizeOf(page, (await shown.getAttribute('src'))!)).toEqual({ width: 480, height: 720 });
  await admin.leave();
});

it(
  'a cover larger than the server takes is made to fit; what is no picture is refused',
  { timeout: 120_000 },
  async () => {
    const trainer = await Visitor.at(browser, 'desk');
    await trainer.signIn('trainer');
    const made = await trainer.api<{ id: string }>('POST', '/courses', { title: '封面测试', audience: {} });
    expect(made.status).toBe(200);
    await trainer.open(`/staff/courses/${made.body.id}`);
    const page = trainer.page;
    const input = page.locator('input[type=file]');
    await input.waitFor({ state: 'attached' });
    trainer.expected.push('422');
    await input.setInputFiles({ name: '封面.png', mimeType: 'image/png', buffer: Buffer.from('这不是图片') });
    await page.getByText('图片').first().waitFor();
    const large = await noise(page, 2400, 1350, 'image/png');
    expect(large.length).toBeGreaterThan(4 * 1024 * 1024);
    await input.setInputFiles({ name: '封面.png', mimeType: 'image/png', buffer: large });
    const cover = page.locator('img[src*="/cover"]');
    await cover.waitFor();
    expect(await sizeOf(page, (await cover.getAttribute('src'))!)).toEqual({ width: 1280, height: 720 });
    await trainer.leave();
  },
);
