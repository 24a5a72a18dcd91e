import { createRoute } from '@tanstack/react-router';
import { signedIn } from '../guard';
import { page } from '../page';
import { rootRoute } from './root';

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  component: page(() => import('@/features/session/sign-in-page')),
});

const newPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/password',
  beforeLoad: async (visit) => void (await signedIn(visit)),
  component: page(() => import('@/features/session/forced-password-page')),
});

const callbackRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in/callback',
  component: page(() => import('@/features/session/callback-page')),
});

const secondFactorRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in/second-factor',
  beforeLoad: async (visit) => void (await signedIn(visit)),
  component: page(() => import('@/features/session/second-factor-page')),
});

const enrolRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in/enrol',
  beforeLoad: async (visit) => void (await signedIn(visit)),
  component: page(() => import('@/features/session/enrol-page')),
});

/** Every pattern in every state, for development and its screenshot test; not in the released build. */
const galleryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dev/gallery',
  component:
    import.meta.env.DEV || import.meta.env.VITE_GALLERY === '1'
      ? page(() => import('@/features/gallery'))
      : undefined,
});

const open = [signInRoute, callbackRoute, newPasswordRoute, secondFactorRoute, enrolRoute];

export const publicRoutes =
  import.meta.env.DEV || import.meta.env.VITE_GALLERY === '1' ? [...open, galleryRoute] : open;
