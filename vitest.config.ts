import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config'
import { limits } from './test/limits.ts'
import { needs } from './test/needs.ts'
import { NotRunReporter } from './test/not-run-reporter.ts'

/**
 * The tests in tiers. `npm test` runs `unit`, `integration` and `e2e`, with a sample of what is marked by `sampled` of
 * `test/sample.ts` and without what has the tag `full`. `npm run test:full` (`--mode full`) runs everything.
 */

/** Folders whose tests are of logic: scripted fakes, and fake time where time matters. */
const unit = ['base', 'connection', 'credentials', 'events', 'http', 'states'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)
/** This watches the handles of its whole process, and so has one of its own. */
const isolated = ['test/testing/lifecycle.test.ts']
/** Real processes: programs, compilers, browsers. */
const e2e = ['test/**/*.e2e.test.ts', 'test/docs.test.ts', 'test/docs/**/*.test.ts']
/** A page of the documents runs in a browser in `npm test` as well. */
const browser = ['test/browser/**/*.test.ts', 'test/**/*.browser.test.ts']
/** A NATS server as well: like those in a browser, they run in the full tier. */
const nats = ['test/nats/**/*.e2e.test.ts', 'test/relay/**/*.e2e.test.ts']
/** Long by nature: the soak, and whole matrices that no sample stands for. */
const full = ['test/**/*.full.test.ts', 'test/soak/**/*.test.ts', 'test/fuzz/**/*.test.ts']
/** Projects with other numbers of workers run one after another. */
const afterUnit = { sequence: { groupOrder: 1 } }
/** Builds the program first. */
const withProgram = { globalSetup: 'test/cli/build-program.ts' }
/** What has a configuration of its own, since it tests the finished package or other servers. */
const elsewhere = ['test/interop/**', 'test/network/**', 'test/package/**', 'test/runtimes/**', 'test/site/**']

/**
 * Sets what `test/sample.ts` reads. Vitest evaluates this file once more for each project, with another mode: only the first
 * evaluation decides.
 */
const chooseSamples = (mode: string): void => {
  if (process.env['TEST_TIER'] !== undefined) return
  process.env['TEST_TIER'] = mode
  if (process.env['SAMPLE_SEED'] !== undefined) return
  const seed = String(Math.floor(Math.random() * 1e6))
  process.env['SAMPLE_SEED'] = seed
  console.log(
    `Samples by seed ${seed}. The same again: SAMPLE_SEED=${seed} npm ${mode === 'full' ? 'run test:full' : 'test'}`,
  )
}

const config: ReturnType<typeof defineConfig> = defineConfig(({ mode }): ViteUserConfig => {
  chooseSamples(mode)
  const isFull = process.env['TEST_TIER'] === 'full'
  // Without isolation a worker loads each module once, not once for each file: a third of the time.
  const tier = (
    name: string,
    include: string[],
    exclude: string[],
    more: TestProjectInlineConfiguration['test'] = {},
  ) => ({
    extends: true as const,
    test: { name, include, exclude: [...elsewhere, ...exclude], isolate: false, ...more },
  })
  return {
    // graphql 16 ships two builds; without this, sources and graphql-ws load one each and refuse each other's schema.
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    test: {
      ...limits,
      // Two thirds of the time tests wait, for sockets and for timers: fewer leave two cores idle. Each one more costs 3 s of processor
      // time, since it loads all modules again, and V8 compiles them again.
      maxWorkers: 9,
      maxConcurrency: 20,
      // Each project transforms every file again without it.
      experimental: { fsModuleCache: true },
      tags: [
        { name: 'full', description: 'Only in `npm run test:full`.' },
        ...needs.map(({ tag, program }) => ({ name: tag, description: `Needs ${program}.` })),
      ],
      reporters: ['default', ...(process.env['GITHUB_ACTIONS'] ? ['github-actions'] : []), new NotRunReporter()],
      ...(!isFull && { tagsFilter: ['!full'] }),
      projects: [
        // They keep the processor busy, so that more workers would only load the same modules again.
        tier('unit', unit, [...full, ...e2e], { maxWorkers: 2, sequence: { groupOrder: 0 } }),
        // In `npm test` these run e2e tests as well: a project has workers of its own, each of which loads all modules again.
        tier(
          'integration',
          ['test/**/*.test.ts'],
          [...unit, ...isolated, ...full, ...browser, ...(isFull ? e2e : nats)],
          {
            ...(isFull ? {} : withProgram),
            ...afterUnit,
          },
        ),
        tier('integration-isolated', isolated, [], { isolate: true, ...afterUnit }),
        ...(isFull ? [tier('e2e', [...e2e, ...browser], full, { ...withProgram, ...afterUnit })] : []),
        ...(isFull ? [tier('full', full, [], { isolate: true, ...afterUnit })] : []),
      ],
    },
  }
})

export default config
