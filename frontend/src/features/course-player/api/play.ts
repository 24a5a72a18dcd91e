import { queryOptions } from '@tanstack/react-query';
import { deviceId } from '@/lib/device';
import { http } from '@/lib/http';
import { sendShelved, Shelf } from '../engine/shelf';
import type { PresenceTransport } from '../engine/presence';
import type { ReportTransport } from '../engine/transport';
import type { CheckAnswered, CheckAsked, CourseOutline, PlayOpened, PlayReport, ReportAck } from '../model';

const REPORT_TIMEOUT_MS = 10_000;

/** Reports of this browser that may not have arrived; localStorage may be forbidden. */
export function newShelf(): Shelf {
  try {
    return new Shelf(localStorage);
  } catch {
    return new Shelf(undefined);
  }
}

function report(playId: string, body: PlayReport, leaving: boolean): Promise<ReportAck> {
  return http.post<ReportAck>(`/plays/${playId}/reports`, body, {
    stayOn401: true,
    timeoutMs: REPORT_TIMEOUT_MS,
    ...(leaving ? { keepalive: true } : {}),
  });
}

export const reportTransport: ReportTransport = { report };

export const presenceTransport: PresenceTransport = {
  ask: (playId) =>
    http.post<CheckAsked>(`/plays/${playId}/checks`, {}, { stayOn401: true, timeoutMs: REPORT_TIMEOUT_MS }),
  answer: (playId, seq, option) =>
    http.post<CheckAnswered>(
      `/plays/${playId}/checks/${seq}/answer`,
      { answer: option },
      { stayOn401: true, timeoutMs: REPORT_TIMEOUT_MS },
    ),
};

/** Opens a play. What an earlier page could not report goes first, since opening closes the play it was of. */
export function playQuery(lessonId: string) {
  return queryOptions({
    queryKey: ['course-player', 'play', lessonId] as const,
    queryFn: async () => {
      await sendShelved(newShelf(), (playId, body) => report(playId, body, false));
      return http.post<PlayOpened>(`/lessons/${lessonId}/plays`, { device_id: deviceId() });
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    networkMode: 'always',
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function outlineQuery(courseId: string) {
  return queryOptions({
    queryKey: ['course-player', 'outline', courseId] as const,
    queryFn: ({ signal }) => http.get<CourseOutline>(`/catalogue/${courseId}`, { signal }),
    enabled: courseId !== '',
  });
}
