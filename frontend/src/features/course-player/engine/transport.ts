import type { PlayReport, ReportAck } from '../model';

/** How reports reach the server; failures are thrown as ProblemError or NetworkError. */
export interface ReportTransport {
  /** @param leaving the page is going away: the request has to outlive it */
  report(playId: string, body: PlayReport, leaving: boolean): Promise<ReportAck>;
}
