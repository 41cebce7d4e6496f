import { expect, test } from 'vitest'
import { demo } from '../../src/cli/demo.ts'
import { events } from '../../src/cli/events.ts'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { fakeServer } from '../../src/cli/fake-server.ts'

const commands = { events, 'fake-server': fakeServer, demo }

test.each([
  ['events', ['--sevrity', 'error'], "Unknown option '--sevrity'"],
  ['events', ['error'], "Unexpected argument 'error'"],
  ['events', ['--count'], "Option '--count <value>' argument missing"],
  ['events', ['--severity', 'bad'], '--severity was given "bad"'],
  ['events', ['--severity', 'error,'], '--severity was given ""'],
  ['events', ['--category', 'pattern,'], '`category` was given ""'],
  ['events', ['--status', 'unknown'], '--status was given "unknown"'],
  ['events', ['--since', 'yesterday'], '`since` was given "yesterday"'],
  ['events', ['--count', '0'], '--count was given "0"'],
  ['events', ['--count', '1e3'], '--count was given "1e3"'],
  ['events', ['--timeout', '60'], '--timeout was given "60"'],
  ['events', ['--timeout', '25d'], '--timeout was given "25d"'],
  ['events', ['-o', 'yaml'], '--output was given "yaml"'],
  ['events', ['--transport', 'carrier'], '--transport was given "carrier"'],
  ['events', ['--transport', 'sse,sse'], '`transports` was given ["sse", "sse"]'],
  ['events', ['--url', 'localhost'], '`url` was given "localhost" without a scheme'],
  ['events', ['--token', 'a;b'], '`token` was given a text that a cookie cannot carry'],
  ['fake-server', ['--release', 'v2'], '--release was given "v2"'],
  ['fake-server', ['--port', '65536'], '--port was given "65536"'],
  ['fake-server', ['--every', 'now'], '--every was given "now"'],
  ['fake-server', ['--provider', 'Meshery'], '--provider needs --token'],
  ['demo', ['--fast'], "Unknown option '--fast'"],
] as const)('%s %j is refused before anything is sent', async (name, args, said) => {
  const address = name === 'events' && !args.some((arg) => arg === '--url') ? ['--url', 'http://127.0.0.1:1'] : []
  const error: unknown = await commands[name].run([...address, ...args], new AbortController().signal).catch((e) => e)
  expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(said) })
  expect(exitCodeOf(error)).toBe(2)
})
