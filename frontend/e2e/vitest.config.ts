import { defineConfig } from 'vitest/config';

/** The stories: real server, real browser, one after another. `make e2e` starts the server and sets ZHIXING_TEST_URL. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.story.ts'],
    root: `${import.meta.dirname}/..`,
    environment: 'node',
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
