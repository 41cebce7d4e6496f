import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { Meshery } from '../../src/client/meshery.ts'
import type { Subscription } from '../../src/client/subscription.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type Answer, type MemoryServer, memoryPlatform } from './memory-platform.ts'
import { event, json, message, page, state, text } from './shapes.ts'

/** Something to fuzz. A case is plain JSON, so that it can be kept in a file. */
export interface Target {
  readonly name: string
  readonly cases: fc.Arbitrary<unknown>
  /** Runs a case; every error that it throws or reports must be a MesheryError. */
  run(input: unknown, report: (error: unknown) => void): Promise<void>
}

const target = <Case>(
  name: string,
  cases: fc.Arbitrary<Case>,
  run: (input: Case, report: (error: unknown) => void) => Promise<void>,
): Target => ({ name, cases, run: (input, report) => run(input as Case, report) })

const empty: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: ['{"events":[],"totalCount":0}'],
}

/** A few turns of the event loop, in which a client in memory does all that it can do at once. */
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const closeMs = 50

/** Reads for a moment from what `open` subscribes to. */
async function follow(
  server: MemoryServer,
  transport: 'websocket' | 'sse' | 'polling',
  open: readonly ((meshery: Meshery, onNotice: (notice: unknown) => void) => Subscription<unknown>)[],
  report: (error: unknown) => void,
): Promise<void> {
  const meshery = createMesheryOn(memoryPlatform(server))({
    url: 'http://127.0.0.1:9',
    token: 'secret-token',
    provider: 'Local',
    transports: [transport],
    settle: 0,
    timeouts: { close: closeMs },
  })
  const onNotice = (notice: unknown): void => {
    const reason: unknown = typeof notice === 'object' && notice ? Reflect.get(notice, 'reason') : null
    if (reason) report(reason)
  }
  const reading = open.map(async (subscribe) => {
    try {
      for await (const item of subscribe(meshery, onNotice)) void item
    } catch (error) {
      report(error)
    }
  })
  await turns(24)
  await meshery.close()
  await Promise.all(reading)
}

const follows = [
  (meshery: Meshery, onNotice: (notice: unknown) => void) => meshery.subscribeEvents({}, { onNotice }),
] as const

const levels = 20_000
/** Short in a case, deep when it is sent. */
const deepValues = {
  '"@lists"': `${'['.repeat(levels)}${']'.repeat(levels)}`,
  '"@objects"': `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
}
const deepen = (frame: string): string =>
  Object.entries(deepValues).reduce((text, [name, value]) => text.replaceAll(name, value), frame)
const deep = fc.constantFrom(...Object.keys(deepValues))
/** Messages that are deeper than a stack. */
const deepMessage = deep.chain((value) =>
  fc.constantFrom(
    `{"type":"ping","payload":{"a":${value}}}`,
    `{"type":"error","id":"1","payload":[{"message":"m","extensions":{"a":${value}}}]}`,
    `{"type":"next","id":"1","payload":{"data":{"subscribeEvents":{"description":"d","metadata":{"a":${value}}}}}}`,
    `{"type":"next","id":"1","payload":{"data":null,"errors":[{"message":"m","path":[${value}]}]}}`,
  ),
)
const frames = fc.array(
  fc.oneof(
    { arbitrary: message.map((one) => JSON.stringify(one)), weight: 40 },
    { arbitrary: text, weight: 5 },
    { arbitrary: deepMessage, weight: 1 },
  ),
  { maxLength: 6 },
)

const websocket = target(
  'websocket',
  fc.record({
    frames,
    early: fc.oneof({ arbitrary: fc.constant<string[]>([]), weight: 5 }, { arbitrary: frames, weight: 1 }),
    close: fc.option(fc.record({ code: fc.integer({ min: 1000, max: 4999 }), reason: text })),
    raw: fc.boolean(),
  }),
  ({ frames: sent, early, close, raw }, report) =>
    follow(
      { answer: () => empty, frames: sent.map(deepen), early: early.map(deepen), ...(close && { close }) },
      'websocket',
      raw
        ? [(meshery, onNotice) => meshery.subscribe('subscription { subscribeEvents { id } }', {}, { onNotice })]
        : follows,
      report,
    ),
)

const line = fc.oneof(
  event.map((one) => `data: ${JSON.stringify(one)}`),
  text.map((one) => `data: ${one}`),
  text,
  fc.constantFrom(': comment', 'event: message', 'event: x', 'id: 1', 'retry: 1', 'data', ':', '', '', ''),
)
const streamed = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n\n'))), fc.array(fc.nat(200), { maxLength: 5 }))
  .map(([lines, cuts]) => {
    const bytes = Buffer.from(lines.flat().join('')).toString('latin1')
    const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
    return places.slice(1).map((end, at) => bytes.slice(places[at], end))
  })

const sse = target('sse', streamed, (pieces, report) =>
  follow(
    {
      answer: (path) =>
        path.endsWith('/subscribe')
          ? { status: 200, headers: { 'content-type': 'text/event-stream' }, body: pieces }
          : empty,
    },
    'sse',
    follows,
    report,
  ),
)

const headerText = fc.string().map((one) => one.replace(/[^\x20-\x7e]/g, ''))
const answer: fc.Arbitrary<Answer> = fc.record({
  status: fc.oneof(
    { arbitrary: fc.constant(200), weight: 5 },
    { arbitrary: fc.integer({ min: 200, max: 599 }), weight: 2 },
  ),
  headers: fc.record(
    {
      'content-type': fc.constantFrom('application/json', 'text/plain', 'text/html'),
      location: fc.oneof(fc.webUrl(), headerText),
      'retry-after': fc.oneof(fc.nat(5).map(String), headerText),
      date: headerText,
      'set-cookie': fc.oneof(
        headerText.map((one) => `token=${one}`),
        headerText,
      ),
      'www-authenticate': headerText,
    },
    { requiredKeys: ['content-type'] },
  ),
  body: fc
    .oneof(
      page.map((one) => JSON.stringify(one)),
      state.map((one) => JSON.stringify(one)),
      json.map((one) => JSON.stringify(one) ?? ''),
      text,
    )
    .map((body) => [Buffer.from(body).toString('latin1')]),
})

/** Gives the answers in turn. */
const inTurn = (answers: readonly Answer[]): MemoryServer['answer'] => {
  let count = 0
  return () => answers[count++ % answers.length] ?? empty
}

const store = target('store', fc.array(answer, { minLength: 1, maxLength: 4 }), (answers, report) =>
  follow(
    { answer: inTurn(answers) },
    'polling',
    [...follows, (meshery, onNotice) => meshery.subscribeEvents({ since: '2020-01-01T00:00:00Z' }, { onNotice })],
    report,
  ),
)

const states = target('states', fc.array(answer, { minLength: 1, maxLength: 6 }), (answers, report) =>
  follow(
    { answer: inTurn(answers) },
    'polling',
    [
      (meshery, onNotice) => meshery.subscribeK8sContext({}, { onNotice }),
      (meshery, onNotice) => meshery.subscribeMesheryControllersStatus({}, { onNotice }),
      (meshery, onNotice) => meshery.subscribeConfiguration({}, { onNotice }),
      (meshery, onNotice) => meshery.subscribePerfProfiles({}, { onNotice }),
      (meshery, onNotice) => meshery.subscribeMeshModelSummary({ type: 'components' }, { onNotice }),
      (meshery, onNotice) => meshery.subscribeClusterResources({ namespace: 'default' }, { onNotice }),
    ],
    report,
  ),
)

const scalar = fc.oneof(
  text.map((one) => JSON.stringify(one)),
  fc.constantFrom('local', '*a', '&a x', '~', '[]', '{}', '|', '>-', '!!js/function x', '<<', '"', "'", '- x', '? y'),
)
const config = fc.oneof(
  { arbitrary: text, weight: 1 },
  {
    arbitrary: fc
      .record({ current: scalar, name: scalar, endpoint: scalar, token: scalar, location: scalar, extra: text })
      .map(
        ({ current, name, endpoint, token, location, extra }) =>
          `current-context: ${current}\ncontexts:\n  ${name}:\n    endpoint: ${endpoint}\n    token: ${token}\n` +
          `tokens:\n  - name: ${token}\n    location: ${location}\n${extra}`,
      ),
    weight: 3,
  },
  {
    arbitrary: fc.constant(
      'current-context: local\ncontexts:\n  local:\n    endpoint: http://127.0.0.1:9\n    token: Default\ntokens:\n  - name: Default\n    location: auth.json\n',
    ),
    weight: 2,
  },
)
const auth = fc.oneof(
  text,
  fc
    .record({ token: fc.oneof(text, json), 'meshery-provider': fc.oneof(text, json) }, { requiredKeys: [] })
    .map((one) => JSON.stringify(one)),
)

const files = target(
  'files',
  fc.record({ config, auth, byPath: fc.boolean() }),
  async ({ config: yaml, auth: token, byPath }, report) => {
    const home = mkdtempSync(join(tmpdir(), 'fuzz-home-'))
    try {
      mkdirSync(join(home, '.meshery'))
      writeFileSync(join(home, '.meshery/config.yaml'), yaml)
      writeFileSync(join(home, '.meshery/auth.json'), token)
      const env = byPath ? { MESHERY_TOKEN_PATH: join(home, '.meshery/auth.json') } : {}
      const platform = nodePlatform({ env, home })
      try {
        platform.defaultUrl()
      } catch (error) {
        report(error)
      }
      await platform.readCredentials(new URL('http://127.0.0.1:9')).catch(report)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  },
)

export const targets: readonly Target[] = [websocket, sse, store, states, files]
