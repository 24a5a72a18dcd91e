import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const dir = join(import.meta.dirname, '../../.test/videos');

/** A real H.264 file with moving pictures and sound, made once. */
export function lectureVideo(seconds = 12): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `党课第一讲-${seconds}s.mp4`);
  if (!existsSync(file)) {
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      // A calm ground that moves all the time.
      `gradients=size=640x360:rate=25:duration=${seconds}:c0=0x8e1015:c1=0x3a2a20:n=2:speed=0.02`,
      '-f',
      'lavfi',
      '-i',
      `sine=frequency=440:duration=${seconds}`,
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-shortest',
      file,
    ]);
  }
  return file;
}

/** A text file that calls itself a video. */
export const impostor = {
  name: '会议录像.mp4',
  mimeType: 'video/mp4',
  buffer: Buffer.from('这不是视频。'.repeat(200)),
};
