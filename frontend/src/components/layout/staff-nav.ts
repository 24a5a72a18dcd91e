import { sorted } from '@/lib/sorted';
import { paths } from '@/lib/paths';
import { permissions } from '@/lib/permissions';
import { can, canEverywhere, type Role, type Session } from '@/lib/session';

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
    | 'roles'
    | 'grants'
    | 'audit'
    | 'signIn'
    | 'integrations'
    | 'privacy';
  to: string;
  /** One of these is needed; none means everyone on the staff side. */
  permissions: string[];
  /** Only a grant for the whole institution will do. */
  whole?: boolean;
  /** Its list takes `q`, so the search box of the shell can look there. */
  searched?: boolean;
}

export const navGroups: { key: 'work' | 'teaching' | 'exam' | 'hours' | 'people'; items: NavItem[] }[] = [
  {
    key: 'work',
    items: [
      {
        key: 'overview',
        to: paths.staff(),
        permissions: [],
      },
    ],
  },
  {
    key: 'teaching',
    items: [
      { key: 'media', to: paths.staffMedia(), permissions: [staff.media], searched: true },
      { key: 'courses', to: paths.staffCourses(), permissions: [staff.courses], searched: true },
    ],
  },
  {
    key: 'exam',
    items: [
      { key: 'banks', to: paths.staffBanks(), permissions: [staff.questions], searched: true },
      { key: 'papers', to: paths.staffPapers(), permissions: [staff.exams], searched: true },
      {
        key: 'exams',
        to: paths.staffExams(),
        permissions: [staff.exams, staff.results],
        searched: true,
      },
      { key: 'late', to: paths.staffLate(), permissions: [staff.evidence] },
    ],
  },
  {
    key: 'hours',
    items: [
      {
        key: 'hours',
        to: paths.staffHours(),
        permissions: [staff.hours],
        searched: true,
      },
      {
        key: 'batches',
        to: paths.staffHourBatches(),
        permissions: [staff.hoursFile, staff.hoursAdjust],
        searched: true,
      },
      {
        key: 'policies',
        to: paths.staffPolicies(),
        permissions: [staff.policies],
        whole: true,
      },
      {
        key: 'exports',
        to: paths.staffExports(),
        permissions: [staff.hours, staff.people, staff.audit],
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
        searched: true,
      },
      {
        key: 'imports',
        to: paths.staffImports(),
        permissions: [staff.peopleImport],
      },
      {
        key: 'units',
        to: paths.staffUnits(),
        permissions: [staff.people, staff.units],
      },
      { key: 'roles', to: paths.staffRoles(), permissions: [staff.grants] },
      { key: 'grants', to: paths.staffGrants(), permissions: [staff.grants] },
      { key: 'audit', to: paths.staffAudit(), permissions: [staff.audit] },
      { key: 'signIn', to: paths.staffSignIn(), permissions: [staff.system], whole: true },
      { key: 'integrations', to: paths.staffIntegrations(), permissions: [staff.system], whole: true },
      { key: 'privacy', to: paths.staffPrivacy(), permissions: [staff.system], whole: true },
    ],
  },
];

/** What the side navigation shows to a person in a role: what he may open, of what the role is for. */
export function navFor(session: Session, hat: Role | undefined) {
  const carried = session.held_roles.find((role) => role.key === hat)?.permissions;
  return navGroups
    .map((group) => ({
      ...group,
      items: group.items.filter(
        ({ permissions: asked, whole }) =>
          asked.length === 0 ||
          (can(session, asked) &&
            (!whole || canEverywhere(session, asked)) &&
            (!carried || asked.some((one) => carried.includes(one)))),
      ),
    }))
    .filter((group) => group.items.length > 0);
}

/** The entry a path belongs to: the longest address it starts with. */
export function activeItem(pathname: string): NavItem | undefined {
  // An attempt is looked at from its exam; what is asked of records, and which stand twice, from the list of people.
  if (pathname.startsWith(paths.staffAttempt(''))) pathname = paths.staffExams();
  const ofPeople = [paths.staffDuplicates(), paths.staffCorrections(), paths.staffErasures()];
  if (ofPeople.includes(pathname)) pathname = paths.staffPeople();
  const found = navGroups
    .flatMap((group) => group.items)
    .filter((item) => pathname === item.to || pathname.startsWith(`${item.to}/`));
  return sorted(found, (a, b) => b.to.length - a.to.length)[0];
}
