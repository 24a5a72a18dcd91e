import { createRoute } from '@tanstack/react-router';
import { LearnerShell } from '@/components/layout/learner-shell';
import { signedIn } from '../guard';
import { page } from '../page';
import { rootRoute } from './root';

const shell = createRoute({
  getParentRoute: () => rootRoute,
  id: 'learner',
  beforeLoad: async (visit) => void (await signedIn(visit)),
  component: LearnerShell,
});

const inShell = [
  { path: '/', component: page(() => import('@/features/home')) },
  { path: '/courses', component: page(() => import('@/features/catalogue')) },
  { path: '/courses/$id', component: page(() => import('@/features/catalogue/course-page')) },
  { path: '/lessons/$id', component: page(() => import('@/features/course-player')) },
  { path: '/exams', component: page(() => import('@/features/exam-list')) },
  { path: '/exams/$id', component: page(() => import('@/features/exam-taking/exam-page')) },
  { path: '/attempts/$id/review', component: page(() => import('@/features/exam-taking/review-page')) },
  { path: '/me', component: page(() => import('@/features/me')) },
  { path: '/me/hours', component: page(() => import('@/features/me/hours-page')) },
  { path: '/me/data', component: page(() => import('@/features/me/data-page')) },
  { path: '/me/privacy', component: page(() => import('@/features/privacy')) },
  { path: '/me/devices', component: page(() => import('@/features/me/devices-page')) },
  { path: '/me/security', component: page(() => import('@/features/session/security-page')) },
  { path: '/me/password', component: page(() => import('@/features/session/password-page')) },
].map((route) => createRoute({ getParentRoute: () => shell, ...route }));

/** The sitting itself stands alone: no bar invites to leave it. */
const attemptRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/attempts/$id',
  beforeLoad: async (visit) => void (await signedIn(visit)),
  component: page(() => import('@/features/exam-taking')),
});

export const learnerRoutes = [shell.addChildren(inShell), attemptRoute];
