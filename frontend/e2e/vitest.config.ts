import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Stories that show pages as a fresh demonstration has them come before those that add to it; the gallery needs none of it, while the videos are made. */
const firstOf = ['gallery', 'learner-pages', 'pages'];
const rank = (file: string) => {
  const at = firstOf.findIndex((name) => file.endsWith(`/${name}.story.ts`));
  return at < 0 ? firstOf.length : at;
};

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted(
      (a, b) => rank(a.moduleId) - rank(b.moduleId) || a.moduleId.localeCompare(b.moduleId),
    );
  }
}

/** The stories: real server, real browser, one after another. `make e2e` starts the server and sets ZHIXING_TEST_URL. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.story.ts'],
    root: `${import.meta.dirname}/..`,
    environment: 'node',
    fileParallelism: false,
    sequence: { sequencer: InOrder },
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
