import { lazyRouteComponent, useParams } from '@tanstack/react-router';
import type { ComponentType } from 'react';

type Params = Record<string, string>;

/**
 * A feature's page as a route component. The page gets the route's parameters as props (`/courses/$id` → `id`) and
 * is loaded when its link is pointed at or followed.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- each page names its own props
export function page(load: () => Promise<{ default: ComponentType<any> }>) {
  return lazyRouteComponent(async () => {
    const { default: Page } = await load();
    function RoutePage() {
      const params: Params = useParams({ strict: false });
      return <Page {...params} />;
    }
    return { default: RoutePage };
  });
}
