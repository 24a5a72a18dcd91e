import type { PlayReport, ReportAck } from '../model';
import { isFinal } from './verdict';

/** A report that may not have reached the server, kept over a reload. */
export interface ShelvedReport extends PlayReport {
  play_id: string;
  lesson_id: string;
  /** Wall time in ms, only to throw away what is too old to matter. */
  kept_at: number;
}

const KEY = 'zhixing.plays';
const KEEP = 10;
const KEEP_MS = 3 * 86_400_000;

/** Reports of plays whose last word is not acknowledged, in localStorage. */
export class Shelf {
  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
    private readonly wallNow: () => number = Date.now,
  ) {}

  all(): ShelvedReport[] {
    try {
      const parsed: unknown = JSON.parse(this.storage?.getItem(KEY) ?? '[]');
      if (!Array.isArray(parsed)) return [];
      return (parsed as ShelvedReport[]).filter((r) => this.wallNow() - r.kept_at < KEEP_MS);
    } catch {
      return [];
    }
  }

  keep(report: Omit<ShelvedReport, 'kept_at'>): void {
    const others = this.all().filter((r) => r.play_id !== report.play_id);
    this.write([...others, { ...report, kept_at: this.wallNow() }].slice(-KEEP));
  }

  drop(playId: string): void {
    const all = this.all();
    const left = all.filter((r) => r.play_id !== playId);
    if (left.length !== all.length) this.write(left);
  }

  private write(reports: ShelvedReport[]): void {
    try {
      this.storage?.setItem(KEY, JSON.stringify(reports));
    } catch {
      // Full or forbidden: the report still goes out while the page lives.
    }
  }
}

/**
 * Sends what earlier pages could not, before a new play is opened: opening
 * closes the old play for good. What the server answers, even a refusal, is
 * its last word; only silence keeps the report.
 */
export async function sendShelved(
  shelf: Shelf,
  send: (playId: string, body: PlayReport) => Promise<ReportAck>,
): Promise<void> {
  for (const { play_id, seq, position_ms, spans } of shelf.all()) {
    try {
      await send(play_id, { seq, position_ms, spans });
      shelf.drop(play_id);
    } catch (error) {
      if (isFinal(error)) shelf.drop(play_id);
    }
  }
}
