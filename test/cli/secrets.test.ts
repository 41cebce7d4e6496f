import { expect, onTestFinished, test } from 'vitest'
import { channels, startHostile } from '../client/hostile-server.ts'
import { leaksOf } from '../client/planted.ts'
import { run } from './in-process.ts'

const token = 'head-8sKq2LmZx91.payload-Zx91uVb77aaKKq.signature+5Kq81LmZx91uVb'
const renewed = 'head-8sKq2LmZx91.renewed-Rt77aaKKq81LmQ.signature+Ww8s1LmZx91uVb'

/** One of each kind: a program takes its time to start. */
const some = [
  'close reason after the upgrade',
  'errors beside data of events',
  'body of 401',
  'JSON error of 500',
  'path of a redirect',
  'broken bytes in an answer',
  'SSE: body of 500',
  'ids that share a name',
]

test.concurrent.each(
  channels.filter(({ name }) => some.includes(name)).map((channel) => [channel.name, channel] as const),
)('stderr shows no token that a server sends back by its %s', async (_, channel) => {
  const server = await startHostile(
    channel,
    () => `${token} ${encodeURIComponent(token)} ${btoa(token)} ${renewed}`,
    renewed,
  )
  onTestFinished(() => server[Symbol.asyncDispose]())
  const pushed = channel.message || channel.upgrade ? 'websocket' : 'polling'
  const transport = channel.follow === 'sse' ? 'sse' : pushed
  const only = channel.follow === 'controllers' ? ['--connection', 'twin'] : []
  const command = channel.follow === 'controllers' ? 'controllers' : 'events'
  const args = [command, ...only, '--verbose', '--timeout', '2s', '--transport', transport, '--url', server.url]
  const { stderr, code } = await run(args, { MESHERY_TOKEN: token, MESHERY_PROVIDER: 'Meshery' })
  expect(stderr, `${code}`).toMatch(/meshery-live: /)
  expect(leaksOf(token, stderr)).toEqual([])
  if (channel.http) expect(leaksOf(renewed, stderr)).toEqual([])
})
