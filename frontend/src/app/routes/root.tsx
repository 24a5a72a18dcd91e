import { createRootRouteWithContext, Outlet, type ErrorComponentProps } from '@tanstack/react-router';
import { Suspense } from 'react';
import { StepUpDialog } from '@/components/step-up/step-up-dialog';
import { ButtonLink } from '@/components/ui/button';
import { Empty, ErrorState, SkeletonLines } from '@/components/ui/state-view';
import { Toasts } from '@/components/ui/toast';
import { paths } from '@/lib/paths';
import type { RouterContext } from '../guard';
import { useT } from '@/lib/t';

export const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Root });

function Root() {
  return (
    <>
      <Suspense fallback={<SkeletonLines />}>
        <Outlet />
      </Suspense>
      <StepUpDialog />
      <Toasts />
    </>
  );
}

export function NotFoundPage() {
  const t = useT('common');
  return (
    <Empty
      icon="search"
      title={t('common:notFound.title')}
      action={
        <ButtonLink to={paths.home()} kind="primary">
          {t('common:notFound.home')}
        </ButtonLink>
      }
    >
      {t('common:notFound.text')}
    </Empty>
  );
}

/** A page that could not be shown. A part that was replaced by a newer version is fetched by a reload. */
export function RouteProblem({ error, reset }: ErrorComponentProps) {
  const outdated = /dynamically imported module|Importing a module script|module script failed/i.test(
    String(error),
  );
  return <ErrorState error={error} onRetry={outdated ? () => location.reload() : reset} />;
}
