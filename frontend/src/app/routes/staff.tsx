import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { permissions as p } from '@/lib/permissions';
import { needs, needsWhole } from '../guard';
import { page } from '../page';
import { rootRoute } from './root';

const shell = createRoute({
  getParentRoute: () => rootRoute,
  path: '/staff',
  beforeLoad: needs(...Object.values(p.staff)),
  component: lazyRouteComponent(() => import('@/components/layout/staff-shell')),
});

const { staff } = p;

const inShell = [
  {
    path: '/',
    beforeLoad: needs(...Object.values(staff)),
    component: page(() => import('@/features/staff-home')),
  },
  {
    path: '/media',
    beforeLoad: needs(staff.media),
    component: page(() => import('@/features/media-library')),
  },
  {
    path: '/media/$id',
    beforeLoad: needs(staff.media),
    component: page(() => import('@/features/media-library/medium-page')),
  },
  {
    path: '/courses',
    beforeLoad: needs(staff.courses),
    component: page(() => import('@/features/course-authoring')),
  },
  {
    path: '/courses/$id',
    beforeLoad: needs(staff.courses),
    component: page(() => import('@/features/course-authoring/course-page')),
  },
  {
    path: '/banks',
    beforeLoad: needs(staff.questions),
    component: page(() => import('@/features/question-bank')),
  },
  {
    path: '/banks/$id',
    beforeLoad: needs(staff.questions),
    component: page(() => import('@/features/question-bank/bank-page')),
  },
  { path: '/papers', beforeLoad: needs(staff.exams), component: page(() => import('@/features/papers')) },
  {
    path: '/papers/$id',
    beforeLoad: needs(staff.exams),
    component: page(() => import('@/features/papers/paper-page')),
  },
  {
    path: '/exams',
    beforeLoad: needs(staff.exams, staff.results),
    component: page(() => import('@/features/exam-authoring')),
  },
  {
    path: '/exams/$id',
    beforeLoad: needs(staff.exams, staff.results),
    component: page(() => import('@/features/exam-authoring/exam-page')),
  },
  {
    path: '/exams/$id/regrade',
    beforeLoad: needs(staff.amend),
    component: page(() => import('@/features/exam-authoring/regrade-page')),
  },
  {
    path: '/late-answers',
    beforeLoad: needs(staff.evidence),
    component: page(() => import('@/features/exam-authoring/late-page')),
  },
  {
    path: '/attempts/$id',
    beforeLoad: needs(staff.evidence),
    component: page(() => import('@/features/exam-authoring/attempt-page')),
  },
  {
    path: '/hours',
    beforeLoad: needs(staff.hours),
    component: page(() => import('@/features/hours-review')),
  },
  {
    path: '/hours/people/$id',
    beforeLoad: needs(staff.hours),
    component: page(() => import('@/features/hours-review/person-page')),
  },
  {
    path: '/hours/events/$id',
    beforeLoad: needs(staff.hours),
    component: page(() => import('@/features/hours-review/event-page')),
  },
  {
    path: '/hour-batches',
    beforeLoad: needs(staff.hours),
    component: page(() => import('@/features/hour-batches')),
  },
  {
    path: '/hour-batches/$id',
    beforeLoad: needs(staff.hours),
    component: page(() => import('@/features/hour-batches/batch-page')),
  },
  {
    path: '/policies',
    beforeLoad: needsWhole(staff.policies),
    component: page(() => import('@/features/hours-policy')),
  },
  {
    path: '/policies/$id',
    beforeLoad: needsWhole(staff.policies),
    component: page(() => import('@/features/hours-policy/policy-page')),
  },
  {
    path: '/duplicates',
    beforeLoad: needs(staff.peopleManage),
    component: page(() => import('@/features/people/duplicates-page')),
  },
  {
    path: '/corrections',
    beforeLoad: needs(staff.corrections),
    component: page(() => import('@/features/people/corrections-page')),
  },
  { path: '/people', beforeLoad: needs(staff.people), component: page(() => import('@/features/people')) },
  {
    path: '/people/$id',
    beforeLoad: needs(staff.people),
    component: page(() => import('@/features/people/person-page')),
  },
  {
    path: '/imports',
    beforeLoad: needs(staff.peopleImport),
    component: page(() => import('@/features/people-import')),
  },
  {
    path: '/imports/$id',
    beforeLoad: needs(staff.peopleImport),
    component: page(() => import('@/features/people-import/import-page')),
  },
  {
    path: '/units',
    beforeLoad: needs(staff.people, staff.units),
    component: page(() => import('@/features/units')),
  },
  {
    path: '/sign-in',
    beforeLoad: needsWhole(staff.system),
    component: page(() => import('@/features/sign-in-settings')),
  },
  {
    path: '/integrations',
    beforeLoad: needsWhole(staff.system),
    component: page(() => import('@/features/integrations')),
  },
  {
    path: '/privacy',
    beforeLoad: needsWhole(staff.system),
    component: page(() => import('@/features/privacy/staff-page')),
  },
  {
    path: '/erasures',
    beforeLoad: needs(staff.peopleManage),
    component: page(() => import('@/features/privacy/erasures-page')),
  },
  {
    path: '/people/$id/erasure',
    beforeLoad: needs(staff.peopleManage),
    component: page(() => import('@/features/privacy/erasure-page')),
  },
  {
    path: '/people/$id/rights',
    beforeLoad: needs(staff.audit),
    component: page(() => import('@/features/rights/sights-page')),
  },
  { path: '/roles', beforeLoad: needs(staff.grants), component: page(() => import('@/features/rights')) },
  {
    path: '/roles/$id',
    beforeLoad: needs(staff.grants),
    component: page(() => import('@/features/rights/role-page')),
  },
  {
    path: '/grants',
    beforeLoad: needs(staff.grants),
    component: page(() => import('@/features/rights/grants-page')),
  },
  { path: '/audit', beforeLoad: needs(staff.audit), component: page(() => import('@/features/audit-trail')) },
  {
    path: '/exports',
    beforeLoad: needs(staff.hours, staff.people, staff.audit),
    component: page(() => import('@/features/exports')),
  },
].map((route) => createRoute({ getParentRoute: () => shell, ...route }));

export const staffRoutes = shell.addChildren(inShell);
