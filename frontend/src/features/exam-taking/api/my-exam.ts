import { queryOptions } from '@tanstack/react-query';
import { serverNow } from '@/lib/clock';
import { http } from '@/lib/http';
import { browserTimers } from '@/lib/timers';
import type { MyExam } from '../model';

export interface LoadedExam {
  exam: MyExam;
  /** The server's time in the answer, RFC 3339. */
  serverNow: string;
  sentAt: number;
  gotAt: number;
}

/** One exam as the signed-in learner sees it. */
export function myExamQuery(id: string) {
  return queryOptions({
    queryKey: ['exam-taking', 'my-exam', id] as const,
    queryFn: async ({ signal }): Promise<LoadedExam> => {
      const sentAt = browserTimers.now();
      const exam = await http.get<MyExam>(`/my-exams/${id}`, { signal });
      const now = exam.server_now ?? new Date(serverNow()).toISOString();
      return { exam, serverNow: now, sentAt, gotAt: browserTimers.now() };
    },
    staleTime: 5_000,
  });
}

/** Milliseconds a small request to the server takes there and back. */
export async function measureRoundTrip(): Promise<number> {
  const sent = browserTimers.now();
  await http.get('/settings', { timeoutMs: 8_000, cache: 'no-store' });
  return browserTimers.now() - sent;
}
