import { queryOptions } from '@tanstack/react-query';
import { deviceId } from '@/lib/device';
import { http, withQuery } from '@/lib/http';
import { browserTimers } from '@/lib/timers';
import type { Operation } from '../engine/journal';
import type { Transport } from '../engine/state';
import type { Attempt, Review, SaveAck, SubmitAck } from '../model';

/** An attempt with the monotonic times its request left and its answer came. */
export interface LoadedAttempt {
  attempt: Attempt;
  sentAt: number;
  gotAt: number;
}

const SAVE_TIMEOUT_MS = 10_000;

export const attemptKeys = {
  attempt: (id: string) => ['exam-taking', 'attempt', id] as const,
  review: (id: string) => ['exam-taking', 'review', id] as const,
};

async function timed(asking: () => Promise<Attempt>): Promise<LoadedAttempt> {
  const sentAt = browserTimers.now();
  const attempt = await asking();
  return { attempt, sentAt, gotAt: browserTimers.now() };
}

function load(id: string, stay: boolean, signal?: AbortSignal): Promise<Attempt> {
  const url = withQuery(`/attempts/${id}`, { device_id: deviceId() });
  return http.get<Attempt>(url, { stayOn401: stay, ...(signal ? { signal } : {}) });
}

/** Loaded once for a sitting; from then on the engine keeps it. */
export function attemptQuery(id: string) {
  return queryOptions({
    queryKey: attemptKeys.attempt(id),
    queryFn: ({ signal }) => timed(() => load(id, false, signal)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** Begins (or goes on with) the attempt of an exam on this device. */
export function startExam(examId: string): Promise<LoadedAttempt> {
  return timed(() => http.post<Attempt>(`/exams/${examId}/start`, { device_id: deviceId() }));
}

/** Makes this device the one that writes; the other is told at its next save. */
export function takeOver(attemptId: string): Promise<LoadedAttempt> {
  return timed(() => http.post<Attempt>(`/attempts/${attemptId}/take-over`, { device_id: deviceId() }));
}

/** The engine's calls. A sign-out does not leave the page: answers wait here until the person is back. */
export function attemptTransport(id: string): Transport {
  const options = { stayOn401: true, timeoutMs: SAVE_TIMEOUT_MS };
  return {
    save: (epoch: number, batch: Operation[]) =>
      http.post<SaveAck>(
        `/attempts/${id}/answers`,
        {
          epoch,
          operations: batch.map(({ op_id, item, seq, value }) => ({ op_id, item, seq, value })),
        },
        options,
      ),
    submit: (epoch: number) => http.post<SubmitAck>(`/attempts/${id}/submit`, { epoch }, options),
    load: () => load(id, true),
  };
}

export function reviewQuery(id: string) {
  return queryOptions({
    queryKey: attemptKeys.review(id),
    queryFn: ({ signal }) => http.get<Review>(`/attempts/${id}/review`, { signal }),
    // Machine grading takes a moment; ask until it is there.
    refetchInterval: ({ state }) =>
      state.data && (state.data.state === 'submitted' || state.data.state === 'marking') ? 2_000 : false,
  });
}
