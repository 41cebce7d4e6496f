import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/interop/**/*.test.ts'],
    globalSetup: 'test/cli/build-program.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})

export default config
