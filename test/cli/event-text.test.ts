import { describe, expect, test } from 'vitest'
import { eventPrinter } from '../../src/cli/event-text.ts'
import { widthOf } from '../../src/cli/text.ts'
import type { MesheryEvent } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { linesOf, run } from './in-process.ts'

const event = (more: Partial<MesheryEvent> = {}): MesheryEvent => ({
  id: '7c1b1f0e-3c43-4f7b-9a39-9d3f3c1ad0c4',
  userID: null,
  actedUpon: null,
  operationID: null,
  systemID: null,
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'It broke',
  metadata: null,
  createdAt: '2026-03-01T10:20:30Z',
  updatedAt: null,
  deletedAt: null,
  ...more,
})

const printer = ({ room = Number.POSITIVE_INFINITY, wide = false } = {}): ((given: MesheryEvent) => string) =>
  eventPrinter({ paint: (_, text) => text, lineWidth: room }, wide)

const head = '2026-03-01T10:20:30.000Z  error          pattern/deploy        It broke'

describe('the error of an event is below its line', () => {
  const [long, cause, remedy] = ['kubeconfig is gone', 'It was removed.', 'Upload it again.']
  const below = [`    details: ${long}`, `    cause:   ${cause}`, `    remedy:  ${remedy}`]

  test.each<[string, Record<string, unknown>]>([
    ['PascalCase', { LongDescription: long, ProbableCause: cause, SuggestedRemediation: remedy }],
    ['lists', { LongDescription: [long], ProbableCause: [cause], SuggestedRemediation: [remedy] }],
    ['camelCase', { longDescription: [long], probableCause: [cause], suggestedRemediation: [remedy] }],
    ['snake_case', { long_description: long, probable_cause: cause, suggested_remediation: remedy }],
  ])('in %s', (_, error) => {
    expect(printer()(event({ metadata: { error } })).split('\n')).toEqual([head, ...below])
  })

  test('each text of a list in a line of its own, and nothing that says nothing', () => {
    const error = { LongDescription: ['It broke'], ProbableCause: ['', 'One.', 2, 'Two.'], SuggestedRemediation: null }
    expect(printer()(event({ metadata: { error } })).split('\n')).toEqual([
      head,
      '    cause:   One.',
      '             Two.',
    ])
  })

  test('wrapped to the terminal', () => {
    const error = { ProbableCause: ['the cluster is away 設計 or its certificate has expired'] }
    const lines = printer({ room: 36 })(event({ metadata: { error } }))
      .split('\n')
      .slice(1)
    expect(lines).toEqual([
      '    cause:   the cluster is away',
      '             設計 or its certificate',
      '             has expired',
    ])
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(36)
  })

  test.each<MesheryEvent['metadata']>([null, {}, { error: null }, { error: 'text' }, { error: {} }])(
    'and nothing does for %j',
    (metadata) => expect(printer()(event({ metadata }))).toBe(head),
  )

  test('and steers no terminal', () => {
    const error = { ProbableCause: 'a\u001b[31m\u009b2J\u202eb\n\u2028c\u007f' }
    const [, line] = printer()(event({ metadata: { error } })).split('\n')
    expect(line).toBe('    cause:   a\\u202eb c\\u007f')
  })
})

test('columns stay aligned, whatever the letters', () => {
  const print = printer()
  const lines = [
    event({ category: 'kubernetes_components', description: 'x' }),
    event({ category: '設計', description: 'x' }),
    event({ category: null, action: null, severity: '', description: 'x' }),
  ].map(print)
  expect(new Set(lines.map((line) => widthOf(line.slice(0, line.lastIndexOf('x')))))).toHaveLength(1)
})

test('-o wide shows the id, by which to go on after it', async () => {
  await using fake = await startFakeMeshery({ seed: [{ description: 'one' }, { description: 'two' }] })
  const { stdout } = await run(['events', '--since', '1h', '--once', '-o', 'wide', '--url', fake.url])
  const [, id = ''] = / ([0-9a-f-]{36}) {2}one$/m.exec(stdout) ?? []
  const { stdout: next } = await run(['events', '--since', id, '--once', '--url', fake.url])
  expect(linesOf(next)[0]).toMatch(/ two$/)
})

test('an error is shown so by the program, in a pipe too', async () => {
  const metadata = { error: { ProbableCause: ['The cluster is away.'], SuggestedRemediation: ['Start it.'] } }
  await using fake = await startFakeMeshery({ seed: [{ severity: 'error', metadata }] })
  for (const command of [
    ['events', '--once'],
    ['wait', 'event'],
  ]) {
    const { stdout } = await run([...command, '--since', '1h', '--url', fake.url])
    expect(linesOf(stdout).slice(1)).toEqual(['    cause:   The cluster is away.', '    remedy:  Start it.'])
  }
})

test.each(['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'])(
  'an event whose every text is %s is one line',
  (text) => {
    const given = event({
      severity: text,
      action: text,
      category: text,
      status: text,
      description: text,
      createdAt: text,
    })
    expect(printer()(given).split('\n')).toEqual([expect.stringContaining(`${text}/${text}`)])
  },
)
