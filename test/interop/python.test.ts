// The shipped documents in Python's `gql` client, run by the program that is the recipe for it.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { start } from '../cli/program.ts'

const root = join(import.meta.dirname, '../..')
const recipe = join(import.meta.dirname, 'python')
const home = join(root, 'node_modules/.cache/meshery-live/python')
const python = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const inCI = process.env['CI'] === 'true'

const works = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0

const hasPython = works('python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))')
if (!hasPython && !inCI)
  console.log('Skipped in Python: there is no Python 3.10 with venv and pip. With CI=true that is a failure.')

/** Makes the virtual environment, or uses that of an earlier run with the same requirements. */
async function prepare(): Promise<void> {
  if (!hasPython) throw new Error('There is no Python 3.10 with venv and pip (with CI=true it must be there)')
  const requirements = join(recipe, 'requirements.txt')
  const [wanted, made] = [await readFile(requirements, 'utf8'), join(home, 'made-of.txt')]
  if (existsSync(made) && (await readFile(made, 'utf8')) === wanted && works(python, '-c', 'import gql')) return
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  for (const [program, ...args] of [
    ['python3', '-m', 'venv', home],
    [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
  ] as const) {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`)
  }
  await writeFile(made, wanted)
}

interface Asked {
  readonly url: string
  readonly line?: string
  readonly variables?: object
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs the recipe with a shipped document until it has printed so many answers. */
async function run(document: string, count: number, { url, line = 'v0.8', ...asked }: Asked): Promise<unknown[]> {
  const file = join(root, `src/operations/${line}/${document}.graphql`)
  const child = spawn(python, [join(recipe, 'meshery.py'), file, JSON.stringify(asked.variables ?? {})], {
    env: { PATH: process.env['PATH'] ?? '', MESHERY_URL: url, ...asked.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let trouble = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    trouble += text
  })
  const answers: unknown[] = []
  for await (const text of createInterface({ input: child.stdout })) {
    answers.push(JSON.parse(text))
    if (answers.length === count) break
  }
  child.kill()
  await ended
  if (answers.length < count) throw new Error(`it ended after ${answers.length} of ${count} answers: ${trouble}`)
  return answers
}

const selector = { page: '0', pageSize: '10', search: '', order: '' }
const queries = [
  ['controllers-status-now', ['operator', 'meshsync', 'broker'], { connectionID: 'a' }],
  ['mesh-model-summary-now', ['getMeshModelSummary'], { selector: { type: 'components' } }],
  ['patterns-now', ['fetchPatterns'], { selector }],
  ['perf-profiles-now', ['getPerformanceProfiles'], { selector }],
  ['perf-results-now', ['fetchResults'], { selector, profileID: 'a' }],
] as const

const [token, provider] = ['a-token-of-some-length', 'Meshery']
const environment = { MESHERY_TOKEN: token, MESHERY_PROVIDER: provider }

describe.runIf(hasPython || inCI)('in Python', () => {
  beforeAll(prepare, 180_000)

  test('the recipe prints the events of `meshery-live fake-server`, with a token', async () => {
    const args = ['fake-server', '--release', 'v0.8', '--port', '0', '--every', '100ms']
    await using server = start([...args, '--token', token, '--provider', provider])
    await server.until(() => server.stdout().includes('Ctrl-C'))
    const url = /http:\S+\d/.exec(server.stdout())?.[0] ?? ''
    const answers = await run('events', 2, { url, environment })
    const event = { id: expect.any(String), severity: expect.any(String), description: expect.any(String) }
    expect(answers).toMatchObject([{ subscribeEvents: event }, { subscribeEvents: event }])
    const refused = run('events', 1, { url, environment: { ...environment, MESHERY_TOKEN: 'another' } })
    await expect(refused).rejects.toThrow('Connect failed')
  })

  test('a subscription with variables gives its values', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.graphql('subscribeClusterResources', async function* (args, signal) {
      for (const count of [1, 2]) yield { resources: [{ kind: String(args['namespace']), count }] }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const answers = await run('cluster-resources', 2, {
      url: fake.url,
      variables: { k8scontextIDs: ['a'], namespace: 'web' },
    })
    const counted = (count: number): object => ({ subscribeClusterResources: { resources: [{ kind: 'web', count }] } })
    expect(answers).toEqual([counted(1), counted(2)])
  })

  test.each(['v0.6', 'v0.8', 'v1.0'] as const)('the queries of %s get answers', async (release) => {
    await using fake = await startFakeMeshery({ release, auth: { token, provider } })
    fake.graphql('getMeshModelSummary', async function* () {
      yield { components: [{ name: 'istio', count: 2 }], relationships: [] }
    })
    const answer = async ([document, , variables]: (typeof queries)[number]): Promise<string[]> => {
      const [data] = await run(document, 1, { url: fake.url, line: release, variables, environment })
      return Object.keys(Object(data))
    }
    expect(await Promise.all(queries.map(answer))).toEqual(queries.map(([, keys]) => keys))
  })
})
