import { expect, test } from 'vitest'
import { fillWithSamples } from '../../src/cli/sample-state.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { run } from '../cli/program.ts'
import { sampled } from '../sample.ts'
import { startSpoilingProxy } from './spoiling-proxy.ts'

const commands = [
  ['events', '--since', '1h'],
  ['contexts'],
  ['controllers'],
  ['resources', '--namespace', 'default'],
  ['configuration'],
  ['profiles'],
  ['results', '--profile', 'checkout'],
  ['models'],
]
const outputs = ['json', 'pretty', 'wide']
const cases = commands.flatMap(([command = '', ...args]) => outputs.map((output) => [command, output, args] as const))

/** The characters that control a terminal or hide in a text. */
const steering = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

test.concurrent.each(sampled(cases, 1))(
  '%s -o %s prints events of JSON with 50,000 levels, and with names that objects inherit',
  { tags: ['full'] },
  async (command, output, args) => {
    await using fake = await startFakeMeshery({
      seed: [{ severity: 'error', metadata: { error: { ProbableCause: 'why' } } }],
    })
    await fillWithSamples(fake)
    await using proxy = await startSpoilingProxy(fake.url, command.length + output.length)
    const { code, stdout, stderr } = await run([
      ...[command, ...args, '--url', proxy.url, '--provider', 'None', '--transport', 'polling'],
      ...['--once', '--timeout', '100s', '-o', output],
    ])
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/INVALID_OPTION|CALLBACK_FAILED|RangeError/)])
    const lines = stdout.split('\n').filter((line) => line !== '')
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(line).not.toMatch(steering)
      if (output === 'json') expect(JSON.parse(line)).toBeTypeOf('object')
    }
  },
)
