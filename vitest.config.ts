import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  // graphql 16 ships two builds; without this, sources and graphql-ws load one each and refuse each other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'test/package/**', 'test/runtimes/**', 'test/network/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Most of the time tests wait, for sockets and for timers.
    maxWorkers: 2,
  },
})

export default config
