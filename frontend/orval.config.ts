import { defineConfig } from 'orval';

/** The client is generated from the document the binary prints (`zhixing openapi`) and committed. */
export default defineConfig({
  zhixing: {
    input: { target: '../docs/openapi.json' },
    output: {
      target: './src/api/zhixing.ts',
      schemas: './src/api/model',
      mode: 'tags-split',
      client: 'react-query',
      httpClient: 'fetch',
      clean: true,
      formatter: 'prettier',
      indexFiles: false,
      override: {
        mutator: { path: './src/lib/http.ts', name: 'request' },
        fetch: { includeHttpResponseReturnType: false },
        query: { useQuery: true, signal: true, version: 5 },
      },
    },
  },
});
