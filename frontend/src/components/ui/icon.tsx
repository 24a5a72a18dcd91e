import type { ReactNode } from 'react';

const drawings = {
  home: <path d="M3 10 11 3l8 7v9H3z" />,
  course: (
    <>
      <rect x="3" y="4" width="16" height="13" rx="2" />
      <path d="m9 8 5 2.5L9 13z" />
    </>
  ),
  exam: <path d="M6 3h10v16H6zM9 8h4M9 12h4" />,
  me: (
    <>
      <circle cx="11" cy="8" r="4" />
      <path d="M3 20c1-5 4-6 8-6s7 1 8 6" />
    </>
  ),
  search: (
    <>
      <circle cx="10" cy="10" r="6" />
      <path d="m15 15 4 4" />
    </>
  ),
  right: <path d="m8 5 6 6-6 6" />,
  left: <path d="m14 5-6 6 6 6" />,
  down: <path d="m5 8 6 6 6-6" />,
  close: <path d="m5 5 12 12M17 5 5 17" />,
  check: <path d="m4 12 5 5L18 6" />,
  menu: <path d="M3 6h16M3 11h16M3 16h16" />,
  eye: (
    <>
      <path d="M2 11c2-4 5.500-6 9-6s7 2 9 6c-2 4-5.500 6-9 6s-7-2-9-6z" />
      <circle cx="11" cy="11" r="2.500" />
    </>
  ),
  eyeOff: (
    <path d="M4 4l14 14M9 5.300c.700-.200 1.300-.300 2-.300 3.500 0 7 2 9 6-.700 1.400-1.600 2.600-2.700 3.500M5 7.500C3.800 8.400 2.800 9.600 2 11c2 4 5.500 6 9 6 1 0 2-.200 3-.500" />
  ),
  offline: (
    <path d="M3 3l16 16M2 9c1.500-1.300 3.200-2.300 5-2.900M20 9c-2.400-2.200-5.500-3.300-8.700-3.400M6 13c.900-.700 1.900-1.300 3-1.600M11 17h.010" />
  ),
  alert: <path d="M11 3 2 18.500h18zM11 9v4M11 15.800h.010" />,
  inbox: <path d="M3 13 5.500 4h11L19 13v5H3zM3 13h5l1 2h4l1-2h5" />,
  gear: (
    <>
      <circle cx="11" cy="11" r="3" />
      <path d="M11 3v3M11 16v3M3 11h3M16 11h3M5.300 5.300l2.100 2.100M14.600 14.600l2.100 2.100M5.300 16.700l2.100-2.100M14.600 7.400l2.100-2.100" />
    </>
  ),
  lock: <path d="M5 10h12v9H5zM7.500 10V7a3.500 3.500 0 0 1 7 0v3" />,
  desktop: <path d="M3 4h16v11H3zM8 19h6M11 15v4" />,
  device: <path d="M6 3h10v16H6zM10 16.500h2" />,
  out: <path d="M9 4H4v14h5M9 11h10M15 7l4 4-4 4" />,
  upload: <path d="M11 15V4M6.500 8.500 11 4l4.500 4.500M4 18h14" />,
  swap: <path d="M4 8h13l-3.500-3.500M18 14H5l3.500 3.500" />,
  clock: (
    <>
      <circle cx="11" cy="11" r="8" />
      <path d="M11 6.500V11l3 2" />
    </>
  ),
  play: <path d="M7 4.500v13l10-6.500z" />,
};

export type IconName = keyof typeof drawings;

/** Line icons on a 22-unit grid. Decoration only: the words beside it carry the meaning. */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  const drawing: ReactNode = drawings[name];
  return (
    <svg
      viewBox="0 0 22 22"
      width={`${size / 16}rem`}
      height={`${size / 16}rem`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: 'none', width: `${size / 16}rem`, height: `${size / 16}rem` }}
    >
      {drawing}
    </svg>
  );
}
