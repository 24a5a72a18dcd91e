import { sorted } from '@/lib/sorted';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, type Role, type Session } from '@/lib/session';

const { staff } = permissions;

export interface NavItem {
  key:
    | 'overview'
    | 'media'
    | 'courses'
    | 'banks'
    | 'papers'
    | 'exams'
    | 'late'
    | 'hours'
    | 'batches'
    | 'policies'
    | 'exports'
    | 'people'
    | 'imports'
    | 'units'
    | 'audit'
    | 'signIn'
    | 'integrations';
  to: string;
  /** One of these is needed; none means everyone on the staff side. */
  permissions: string[];
  /** The roles in whose work it belongs. */
  roles: Role[];
}

export const navGroups: { key: 'work' | 'teaching' | 'exam' | 'hours' | 'people'; items: NavItem[] }[] = [
  {
    key: 'work',
    items: [
      {
        key: 'overview',
        to: paths.staff(),
        permissions: [],
        roles: ['trainer', 'secretary', 'auditor', 'admin'],
      },
    ],
  },
  {
    key: 'teaching',
    items: [
      { key: 'media', to: paths.staffMedia(), permissions: [staff.media], roles: ['trainer', 'admin'] },
      { key: 'courses', to: paths.staffCourses(), permissions: [staff.courses], roles: ['trainer', 'admin'] },
    ],
  },
  {
    key: 'exam',
    items: [
      { key: 'banks', to: paths.staffBanks(), permissions: [staff.questions], roles: ['trainer', 'admin'] },
      { key: 'papers', to: paths.staffPapers(), permissions: [staff.exams], roles: ['trainer', 'admin'] },
      {
        key: 'exams',
        to: paths.staffExams(),
        permissions: [staff.exams, staff.results],
        roles: ['trainer', 'secretary', 'auditor', 'admin'],
      },
      { key: 'late', to: paths.staffLate(), permissions: [staff.evidence], roles: ['trainer', 'auditor'] },
    ],
  },
  {
    key: 'hours',
    items: [
      {
        key: 'hours',
        to: paths.staffHours(),
        permissions: [staff.hours],
        roles: ['secretary', 'auditor', 'admin'],
      },
      {
        key: 'batches',
        to: paths.staffHourBatches(),
        permissions: [staff.hoursFile, staff.hoursAdjust],
        roles: ['secretary', 'auditor'],
      },
      {
        key: 'policies',
        to: paths.staffPolicies(),
        permissions: [staff.policies],
        roles: ['auditor', 'admin'],
      },
      {
        key: 'exports',
        to: paths.staffExports(),
        permissions: [staff.hours, staff.people],
        roles: ['secretary', 'auditor', 'admin'],
      },
    ],
  },
  {
    key: 'people',
    items: [
      {
        key: 'people',
        to: paths.staffPeople(),
        permissions: [staff.people],
        roles: ['secretary', 'auditor', 'admin'],
      },
      {
        key: 'imports',
        to: paths.staffImports(),
        permissions: [staff.peopleImport],
        roles: ['admin'],
      },
      {
        key: 'units',
        to: paths.staffUnits(),
        permissions: [staff.people, staff.units],
        roles: ['secretary', 'auditor', 'admin'],
      },
      { key: 'audit', to: paths.staffAudit(), permissions: [staff.audit], roles: ['auditor', 'admin'] },
      { key: 'signIn', to: paths.staffSignIn(), permissions: [staff.system], roles: ['admin'] },
      {
        key: 'integrations',
        to: paths.staffIntegrations(),
        permissions: [staff.system],
        roles: ['admin'],
      },
    ],
  },
];

/** What the side navigation shows to a person in a role. */
export function navFor(session: Session, hat: Role | undefined) {
  return navGroups
    .map((group) => ({
      ...group,
      items: group.items.filter(
        (item) =>
          (item.permissions.length === 0 || can(session, item.permissions)) &&
          (!hat || item.roles.includes(hat)),
      ),
    }))
    .filter((group) => group.items.length > 0);
}

/** The entry a path belongs to: the longest address it starts with. */
export function activeItem(pathname: string): NavItem | undefined {
  // An attempt is looked at from its exam.
  if (pathname.startsWith(paths.staffAttempt(''))) pathname = paths.staffExams();
  const found = navGroups
    .flatMap((group) => group.items)
    .filter((item) => pathname === item.to || pathname.startsWith(`${item.to}/`));
  return sorted(found, (a, b) => b.to.length - a.to.length)[0];
}
