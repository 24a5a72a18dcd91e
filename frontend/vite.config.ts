import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const api = process.env.ZHIXING_API ?? 'http://127.0.0.1:8080';

/** Texts a learner needs on the first screens travel in one file per language, not one per namespace. */
const learnerTexts =
  /locales\/(zh-CN|en)\/(common|ui|session|home|catalogue|exam-list|hours|me|problem\.network)\.json$/;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    port: Number(process.env.PORT ?? 5173),
    proxy: { '/api': { target: api, changeOrigin: false } },
  },
  build: {
    target: ['chrome87', 'safari14', 'firefox90'],
    manifest: true,
    assetsDir: 'assets',
    emptyOutDir: true,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page stands on travels in one file, not in forty.
            {
              name: 'base',
              test: /src\/(lib\/(?!data\/(?!(catalogue|exams|hours)\.))|components\/ui\/(?!desk\/)|components\/layout\/(?!staff))/,
            },
            {
              debugName: 'texts',
              name: (id) => {
                const found = learnerTexts.exec(id);
                return found ? `texts-${found[1]}` : null;
              },
            },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['./src/lib/test-setup.ts'],
    restoreMocks: true,
  },
});
