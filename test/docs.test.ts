import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ErrorPhase, errorKinds } from '../src/base/errors.ts'
import { exitCodes, exitCodeTexts } from '../src/cli/exit-codes.ts'
import { commands as programCommands } from '../src/cli/program.ts'
import * as states from '../src/cli/state-views.ts'
import { controllerStatuses } from '../src/streams/controllers-status.ts'
import { severities } from '../src/streams/events.ts'
import { startFakeMeshery } from '../src/testing/index.ts'
import { transportNames } from '../src/transports/contract.ts'
import { run as runInProcess } from './cli/in-process.ts'
import { blocksToRun, type Fenced, fencedBlocks, fileOf, moduleOf } from './docs/code-blocks.ts'
import { documented } from './docs/declared.ts'
import { generatedPages, regenerate } from './docs/generated.ts'
import { root, pages as texts } from './docs/pages.ts'
import { auth, gatewayToken, runBlock, type Setting } from './docs/run-block.ts'
import { typeCheck } from './docs/type-check.ts'
import { liven } from './docs/world.ts'
import { isFull, sampled } from './sample.ts'
import { eventually } from './waiting.ts'

const text = (page: string): string => texts.get(page) ?? ''
const pages = [...texts.keys()]
const blocks = pages.flatMap((page) => blocksToRun(page, text(page)))

/** Every phase; a new one does not compile until it is here. */
const phases: Record<ErrorPhase, true> = {
  options: true,
  credentials: true,
  dns: true,
  tcp: true,
  proxy: true,
  tls: true,
  upgrade: true,
  ack: true,
  subscribe: true,
  stream: true,
  store: true,
  poll: true,
  action: true,
}

/** The help text of each command. */
const helps: Readonly<Record<string, string>> = Object.fromEntries(
  await Promise.all(
    programCommands.map(async ({ name }) => [name, (await runInProcess([name, '--help'])).stdout] as const),
  ),
)
const eventsHelp = helps['events'] ?? ''
/** The same for each command below another one that does something itself, by both names. */
const helpsBelow: Readonly<Record<string, string>> = Object.fromEntries(
  await Promise.all(
    programCommands.flatMap((command) =>
      ('below' in command ? (command.below ?? []) : []).map(async ({ name }) => {
        const { stdout } = await runInProcess([command.name, name, '--help'])
        return [`${command.name} ${name}`, stdout] as const
      }),
    ),
  ),
)

/** The cells of each row of a table whose first cell is code. */
const rows = (page: string): string[][] =>
  [...text(page).matchAll(/^\| (`[A-Z_]+` \|.*) \|$/gm)].map(([, row = '']) => row.split(' | '))

describe('docs/errors.md', () => {
  it('has a row for every code, in the order of the source, with its texts', () => {
    const documentedValues = rows('docs/errors.md').map(([code, , retried, remedy]) => [code, retried, remedy])
    const known = Object.entries(errorKinds).map(([code, { retryable, remedy }]) => [
      `\`${code}\``,
      retryable ? 'yes' : 'no',
      remedy,
    ])
    expect(documentedValues).toEqual(known)
  })

  it('names existing phases', () => {
    const documentedValues = rows('docs/errors.md').flatMap(([, phase = '']) =>
      phase === 'that of the cause' ? [] : phase.split(', '),
    )
    expect(documentedValues.filter((phase) => !Object.hasOwn(phases, phase))).toEqual([])
    const [, listed = ''] = /where on the way: (.*) \|/.exec(text('docs/errors.md')) ?? []
    expect(listed.split(' ')).toEqual(Object.keys(phases).map((phase) => `\`${phase}\``))
  })
})

describe('docs/states.md', () => {
  it('shows the drawings of the source', async () => {
    const drawn = async (file: string): Promise<string[]> => {
      const source = await readFile(`${root}src/${file}`, 'utf8')
      return [...source.matchAll(/^ \*(.*[─►│▲▼┌└].*)$/gm)].map(([, line = '']) => line.trim())
    }
    const page = text('docs/states.md')
    const shown = page.split('\n').map((line) => line.trim())
    for (const file of [
      'connection/retry-policy.ts',
      'connection/fallback-policy.ts',
      'events/event-ledger.ts',
      'events/event-subscriber.ts',
      'states/state-operation.ts',
      'states/merge-state.ts',
    ]) {
      const drawing = await drawn(file)
      expect(drawing.length).toBeGreaterThan(1)
      for (const line of drawing) expect(shown, `${file}: ${line}`).toContain(line)
    }
    for (const name of transportNames) expect(page).toContain(`\`${name}\``)
  })
})

describe('a page with generated parts', () => {
  const read = (path: string): string => readFileSync(root + path, 'utf8')

  it.each(generatedPages)('describes every field and argument: %s', (page) => {
    expect(
      text(page)
        .match(/^.*\| *\|$/gm)
        ?.filter((row) => row.startsWith('| `')) ?? [],
    ).toEqual([])
  })

  it.each(generatedPages)('is what the declarations give: %s', (page) => {
    expect(regenerate(page, text(page), read), 'updated by `node scripts/compatibility.mjs --write`').toBe(text(page))
  })

  it.each(documented)('has every part and an example: $page', ({ page }) => {
    const path = `docs/streams/${page}.md`
    const parts = [...text(path).matchAll(/<!-- generated: (\w+) -->/g)].map(([, name]) => name)
    const pace = page === 'events' ? [] : ['pace']
    expect(parts).toEqual(['arguments', 'value', 'transports', ...pace, 'differences'])
    expect(blocksToRun(path, text(path)).length).toBeGreaterThan(0)
  })

  it('has one for every method of the client', () => {
    const methods = [...read('src/client/meshery.ts').matchAll(/^ {2}(subscribe[A-Z]\w+)\(/gm)].map(([, name]) => name)
    expect(documented.map(({ declared }) => declared.name).sort()).toEqual(methods.sort())
  })

  it('lists every status and every severity', () => {
    const listed = (page: string, values: readonly string[]): string[] =>
      values.filter((value) => !text(`docs/streams/${page}.md`).includes(`\`${value}\``))
    expect(listed('controllers', controllerStatuses)).toEqual([])
    expect(listed('events', severities)).toEqual([])
  })
})

describe('docs/command-line.md', () => {
  const flags = (help: string): string[] => [...new Set(help.match(/--[a-z][a-z-]*/g))].sort()

  it('shows the options of the command `events`, and no others', () => {
    const [, section = ''] = /\n\| `events` \| \|([\s\S]*?)\n\n/.exec(text('docs/command-line.md')) ?? []
    // The exit codes are those of all commands.
    expect(flags(section)).toEqual(flags(eventsHelp.replace(/Exit codes:.*/s, '')))
  })

  it.each(Object.values(states))('shows the options of the command `$name`', ({ name, takes }) => {
    const [, row = ''] = new RegExp(`^\\| \`${name}\` \\| (.* \\|) *$`, 'm').exec(text('docs/command-line.md')) ?? []
    const [, page = ''] = /The options of a page are ([^.]*)\./.exec(text('docs/command-line.md')) ?? []
    const documentedValues = [...flags(row), ...(row.includes('those of a page') ? flags(page) : [])]
    expect(documentedValues.sort()).toEqual(takes.map((option) => `--${option}`).sort())
  })

  it('names every command, and no others', () => {
    const [, section = ''] = /\n\| command \|([\s\S]*?)\n\n/.exec(text('docs/command-line.md')) ?? []
    const documentedValues = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name)
    expect(documentedValues).toEqual(Object.keys(helps))
  })

  it('shows the exit codes of the program', () => {
    const [, section = ''] = /\n\| exit code \|([\s\S]*?)\n(?:\n|$)/.exec(text('docs/command-line.md')) ?? []
    const documentedValues = [...section.matchAll(/^\| (\d[\d, ]*) \| (.*) \|$/gm)].map(([, codes, meaning]) => [
      codes,
      meaning,
    ])
    expect(documentedValues).toEqual(exitCodeTexts.map(([codes, meaning]) => [codes.join(', '), meaning]))
    // No exit code of the program is left out.
    expect(exitCodeTexts.flatMap(([codes]) => codes)).toEqual([...Object.values(exitCodes), 129, 130, 143])
  })

  it.each(Object.entries({ ...helps, ...helpsBelow }))('`%s --help` fits a terminal of 120 columns', (_, help) => {
    expect(help.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  it.each(Object.keys(helps).filter((name) => helps[name]?.includes('Exit codes:')))(
    '`%s --help` has them, too',
    (name) => {
      for (const [codes] of exitCodeTexts) expect(helps[name]).toMatch(new RegExp(`^  ${codes.join(', ')} +\\S`, 'm'))
    },
  )
})

describe('a command in the documents', () => {
  const commands = pages.flatMap((page) =>
    [...text(page).matchAll(/(?<=`|^|npx )meshery-live ([a-z][a-z-]*)([^`\n]*)/gm)].map(
      ([, name = '', rest = '']) => [page, name, rest] as const,
    ),
  )

  it.each(commands)('in %s is one of the program: %s%s', (_, name, rest) => {
    const [first = ''] = rest.trim().split(' ')
    const known = helpsBelow[`${name} ${first}`] ?? helps[name]
    expect(known).toBeDefined()
    const used = (rest.split('|')[0] ?? '').match(/--[a-z][a-z-]*/g) ?? []
    expect(used.filter((flag) => !known?.includes(flag))).toEqual([])
  })
})

describe('docs/recipes.md', () => {
  it('shows the program in Python that the interop tests run', () => {
    const [, shown] = /^```python\n([\s\S]*?)^```$/m.exec(text('docs/recipes.md')) ?? []
    expect(shown).toBe(readFileSync(`${root}test/interop/python/meshery.py`, 'utf8'))
  })

  it('shows the proxy of Vite that the test of the tutorial runs', () => {
    const proxyIn = (page: string): string | undefined => /const configure = [\s\S]*?^export/m.exec(text(page))?.[0]
    expect(proxyIn('docs/recipes.md')).toBeDefined()
    expect(proxyIn('docs/recipes.md')).toBe(proxyIn('docs/tutorial.md'))
  })
})

describe('docs/architecture.md', () => {
  it('has a line for every dependency', () => {
    const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
    const tools = ['test/package', 'test/runtimes', 'site'].map((folder) =>
      Object(JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'))),
    )
    const named = [Object(manifest), ...tools].flatMap(({ dependencies, devDependencies }) =>
      Object.keys({ ...dependencies, ...devDependencies }),
    )
    expect(named.filter((name) => !text('docs/architecture.md').includes(`\`${name}\``))).toEqual([])
  })
})

describe('a link', () => {
  const links = pages.flatMap((page) =>
    [...text(page).matchAll(/\]\((?!https?:)([^)#]*)(#[^)]*)?\)/g)].map(
      ([, to = '', anchor = '']) => [page, to, anchor] as const,
    ),
  )
  const slug = (heading: string): string =>
    `#${heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')}`

  it.each(links)('in %s leads to %s%s', async (page, to, anchor) => {
    const target = to === '' ? page : join(page, '..', to)
    const found = texts.get(target) ?? (await readFile(root + target, 'utf8'))
    if (anchor === '') return
    expect([...found.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading))).toContain(anchor)
  })
})

describe('a program in the documents', () => {
  let folder = ''
  /** It works beside the programs, which need no types. It keeps both cores busy for a second: in the full tier alone. */
  let compiler: Promise<string[]> | undefined

  const load = async (index: number): Promise<(setting: Setting) => Promise<void>> => {
    const { default: block } = await import(join(folder, `block-${index}.ts`))
    return block
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(root, 'test/.docs-'))
    vi.stubEnv('STATE_FILE', join(folder, 'state.json'))
    for (const [index, block] of blocks.entries()) await writeFile(join(folder, `block-${index}.ts`), moduleOf(block))
    // The test passes in what a block imports, used or not; the rest is as strict as here.
    const compilerOptions = {
      noUnusedLocals: false,
      noUnusedParameters: false,
      noPropertyAccessFromIndexSignature: false,
    }
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }),
    )
    if (isFull) compiler = typeCheck(folder)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await compiler
    await rm(folder, { recursive: true, force: true })
  })

  it('is marked as one that runs', () => {
    const code = pages
      .flatMap((page) => fencedBlocks(page, text(page)))
      .filter(({ marks: [language = ''] }) => !['', 'sh', 'ini', 'python', 'dockerfile', 'yaml'].includes(language))
    // Programs for a browser run in `test/docs/page.test.ts`, programs for a worker in `test/runtimes`, and what the reader of a
    // tutorial saves as a file in `test/docs/tutorial.full.test.ts`.
    const isRunElsewhere = (block: Fenced): boolean =>
      /^(ts (page|worker)|tsx page)$/.test(block.marks.join(' ')) ||
      (fileOf(block) !== undefined && block.where.startsWith('docs/tutorial.md:'))
    const ran = new Set([...blocks, ...code.filter(isRunElsewhere)].map(({ where }) => where))
    expect(code.map(({ where }) => where).filter((where) => !ran.has(where))).toEqual([])
    expect(blocks.length).toBeGreaterThan(20)
  })

  it.each(
    sampled(
      blocks.map((block, index) => ({ ...block, index })),
      2,
    ),
  )('runs: $where', async ({ index, release, given, ends, code }) => {
    await using fake = await startFakeMeshery({
      // `diagnose` waits for the first line of a stream.
      keepAlive: 500,
      release,
      ...(given.includes('token') || code.includes('MESHERY_TOKEN') ? { auth } : {}),
    })
    using _world = liven(fake)
    const lines = await runBlock(await load(index), fake, ends ? Number.POSITIVE_INFINITY : 1)
    expect(lines.length).toBeGreaterThan(0)
  })

  it('names the remedy for refused credentials: docs/errors.md', async () => {
    const block = await load(blocks.findIndex(({ code }) => code.includes("'CREDENTIALS_REFUSED'")))
    await using fake = await startFakeMeshery({ auth: { ...auth, token: 'another-one' } })
    expect(await runBlock(block, fake)).toEqual([errorKinds.CREDENTIALS_REFUSED.remedy])
  })

  it("sends the gateway's headers with every request: docs/recipes.md", async () => {
    const block = await load(blocks.findIndex(({ code }) => code.includes('GATEWAY_TOKEN')))
    await using fake = await startFakeMeshery()
    await runBlock(block, fake)
    const sent = fake.stats.requests.map(({ headers }) => headers.authorization)
    expect(new Set(sent)).toEqual(new Set([`Bearer ${gatewayToken}`]))
  })

  it('measures events, gaps, reconnects and lag with the SDK of OpenTelemetry: docs/observability.md', async () => {
    const block = await load(blocks.findIndex(({ code }) => code.includes('getMeter')))
    await using fake = await startFakeMeshery()
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const provider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 })],
    })
    // The first provider counts: that of the block is ignored.
    metrics.disable()
    metrics.setGlobalMeterProvider(provider)
    const running = runBlock(block, fake, 3)
    const points = async (name: string): Promise<readonly DataPoint<unknown>[]> => {
      await provider.forceFlush()
      const [newest] = exporter.getMetrics().slice(-1)
      const all = newest?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
      return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
    }
    await eventually(() => expect(fake.stats.openStreams).toBe(1))
    fake.events.add({ description: 'first' })
    await eventually(async () => expect(await points('meshery.events')).toMatchObject([{ value: 1 }]))
    fake.faults.cut()
    await eventually(async () =>
      expect(await points('meshery.gaps')).toMatchObject([
        { value: 1, attributes: { complete: true } },
        { value: 0, attributes: { complete: false } },
      ]),
    )
    expect(await points('meshery.reconnects')).toMatchObject([{ value: 1, attributes: { cause: 'CONNECTION_LOST' } }])
    expect(await points('meshery.lag')).toMatchObject([{ value: { count: 1 }, attributes: { server: fake.url } }])
    fake.events.add({ description: 'second' })
    fake.events.add({ description: 'third' })
    expect(await running).toEqual(['first', 'second', 'third'])
    metrics.disable()
    await provider.shutdown()
  })

  const results = [
    { what: 'a deployment that succeeds', severity: 'success', exitCode: undefined, line: /^deployed: Event/ },
    { what: 'a deployment that fails', severity: 'error', exitCode: 10, line: /^failed: Event/ },
    { what: 'no event in time', severity: undefined, exitCode: 124, line: /did not pass within 300 ms/ },
  ] as const
  it.each(sampled(results, 1, 'in CI'))(
    'exits by its result, as in CI: $what',
    async ({ what, severity, exitCode, line }) => {
      const found = blocks.find(({ code }) => code.includes("action: 'deploy'") && code.includes('exitCode'))
      const code = (found?.code ?? '').replace('timeout: 120_000', severity ? 'timeout: 60_000' : 'timeout: 300')
      const file = join(folder, `in-ci-${what.replaceAll(' ', '-')}.ts`)
      await writeFile(file, moduleOf({ code, given: [] }))
      const { default: block } = await import(file)
      await using fake = await startFakeMeshery()
      using _world = severity && liven(fake, severity)
      const exit: { exitCode: number | undefined } = { exitCode: undefined }
      const [first] = await runBlock(block, fake, Number.POSITIVE_INFINITY, exit)
      expect(first).toMatch(line)
      expect(exit.exitCode).toBe(exitCode)
    },
  )

  it('continues after a restart where it was: the bot', async () => {
    const bot = await load(blocks.findIndex(({ code }) => code.includes('STATE_FILE')))
    await rm(join(folder, 'state.json'), { force: true })
    await using fake = await startFakeMeshery()
    using _world = liven(fake)
    const lines = [
      ...(await runBlock(bot, fake, 3)),
      ...(await runBlock(bot, fake, 3)),
      ...(await runBlock(bot, fake, 3)),
    ]
    const numbers = lines.map((line) => Number(line.split(' ').at(-1)))
    expect(numbers.length).toBeGreaterThan(8)
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
  })

  it.each(blocks.map((block, index) => ({ ...block, index })))(
    'has the right types: $where',
    { tags: ['full'] },
    async ({ index }) => {
      const lines = (await compiler) ?? []
      const file = `block-${index}.ts`
      const [errors, others] = [
        lines.filter((line) => line.includes(`${file}(`)),
        lines.filter((line) => line.endsWith(file)),
      ]
      expect(errors).toEqual([])
      expect(others, 'the compiler has read it').toHaveLength(1)
    },
  )
})
