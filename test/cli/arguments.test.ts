import { expect, test } from 'vitest'
import { linesOf, run } from './in-process.ts'

test.each([
  ['events', ['--sevrity', 'error'], "Unknown option '--sevrity'"],
  ['events', ['error'], "Unexpected argument 'error'"],
  ['events', ['--count'], "Option '--count <N>' argument missing"],
  ['events', ['--severity', 'bad'], '--severity was given "bad"'],
  ['events', ['--severity', 'error,'], '--severity was given ""'],
  ['events', ['--category', 'pattern,'], '--category was given ""'],
  ['events', ['--status', 'unknown'], '--status was given "unknown"'],
  ['events', ['--since', 'yesterday'], '--since was given "yesterday"'],
  ['events', ['--count', '0'], '--count was given "0"'],
  ['events', ['--count', '1e3'], '--count was given "1e3"'],
  ['events', ['--timeout', '60'], '--timeout was given "60"'],
  ['events', ['--timeout', '25d'], '--timeout was given "25d"'],
  ['events', ['-o', 'yaml'], '--output was given "yaml"'],
  ['events', ['--transport', 'carrier'], '--transport was given "carrier"'],
  ['events', ['--transport', 'sse,sse'], '--transport was given ["sse", "sse"]'],
  ['events', ['--url', 'localhost'], '--url was given "localhost" without a scheme'],
  ['events', ['--token', 'a;b'], '--token was given a text that a cookie cannot carry'],
  ['fake-server', ['--release', 'v2'], '--release was given "v2"'],
  ['fake-server', ['--port', '65536'], '--port was given "65536"'],
  ['fake-server', ['--every', 'now'], '--every was given "now"'],
  ['fake-server', ['--provider', 'Meshery'], '--provider needs --token'],
  ['events', ['--once', '--count', '2'], '--once is --count 1'],
  ['controllers', ['--page', '1'], "Unknown option '--page'"],
  ['controllers', ['--severity', 'error'], "Unknown option '--severity'"],
  ['controllers', ['--connection', ''], '--connection was given ""'],
  ['controllers', ['all'], "Unexpected argument 'all'"],
  ['profiles', ['--profile', 'x'], "Unknown option '--profile'"],
  ['profiles', ['--page-size', '101'], '--page-size was given "101"'],
  ['profiles', ['--page', '-1'], "Option '--page' argument is ambiguous"],
  ['profiles', ['--order', 'qps asc'], '--order was given "qps asc"'],
  ['results', [], '--profile is missing'],
  ['results', ['--profile', ''], '--profile was given ""'],
  ['results', ['--profile', 'x', '--order', 'last_run asc'], '--order was given "last_run asc"'],
  ['resources', [], '--namespace is missing'],
  ['contexts', ['--all', '--page', '1'], '--all was given'],
  ['contexts', ['--once', '--count', '2'], '--once is --count 1'],
  ['contexts', ['-o', 'table'], '--output was given "table"'],
  ['contexts', ['--wait-for-server=soon'], '--wait-for-server was given "soon"'],
  ['models', ['--type', 'models'], '--type was given "models"'],
  ['wait', [], 'What to wait for must come first: server, controller or event'],
  ['wait', ['--verbose'], 'What to wait for must come first'],
  ['wait', ['pod'], 'There is nothing like "pod" to wait for'],
  ['wait', ['controller'], 'What to wait for is missing'],
  ['wait', ['controller', 'MESHSYNC'], '"MESHSYNC" is no CONTROLLER=STATUS'],
  ['wait', ['controller', 'MESHSYNC=OK'], '"MESHSYNC=OK" is no CONTROLLER=STATUS'],
  ['wait', ['controller', 'MESHSYNC=RUNNING', '--severity', 'error'], "Unknown option '--severity'"],
  ['wait', ['event', 'error'], "Unexpected argument 'error'"],
  ['wait', ['event', '--severity', 'bad'], '--severity was given "bad"'],
  ['wait', ['event', '--timeout', '60'], '--timeout was given "60"'],
  ['wait', ['event', '--category', 'pattern,'], '--category was given ""'],
  ['wait', ['event', '--fail-on', 'error'], '--fail-on was given "error"; it takes FIELD=LIST'],
  ['wait', ['event', '--fail-on', ''], '--fail-on was given ""'],
  ['wait', ['event', '--fail-on', 'severity='], '--fail-on was given "severity="'],
  [
    'wait',
    ['event', '--fail-on', 'level=error'],
    '--fail-on was given "level=error"; it takes FIELD=LIST, and a field is severity, category, action, status, acted-upon',
  ],
  ['wait', ['event', '--fail-on', 'severity=bad'], '--fail-on severity was given "bad"'],
  ['wait', ['event', '--fail-on', 'action=a,'], '--fail-on action was given ""'],
  ['wait', ['controller', 'BROKER=RUNNING', '--fail-on', 'severity=error'], "Unknown option '--fail-on'"],
  ['wait', ['server', 'now'], "Unexpected argument 'now'"],
  ['wait', ['server', '--since', '1h'], "Unknown option '--since'"],
  ['demo', ['--fast'], "Unknown option '--fast'"],
] as const)('%s %j is refused before anything is sent', async (name, args, said) => {
  const connects = name !== 'fake-server' && name !== 'demo' && !args.some((arg) => arg === '--url')
  const address = connects ? ['--url', 'http://127.0.0.1:1'] : []
  // An option before what is waited for would be taken for it.
  const given = name === 'wait' ? [...args, ...(args.length > 0 ? address : [])] : [...address, ...args]
  const { code, stdout, stderr } = await run([name, ...given])
  expect(stderr).toContain(`meshery-live: ${said}`)
  expect(linesOf(stderr)).toHaveLength(2)
  expect(stderr).toContain('(INVALID_OPTION)')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
