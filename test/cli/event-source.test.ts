import { expect, test } from 'vitest'
import { linesOf, run } from './in-process.ts'

test.each([
  [['--from', 'http://hush'], '--from takes addresses of NATS such as nats://localhost:4222'],
  [['--from', 'nats://a,hush'], '--from takes addresses of NATS'],
  [['--from', 'nats://'], '--from takes addresses of NATS'],
  [['--from', 'env:NONE'], '--from names the variable NONE, which is not set'],
  [['--from', 'nats://a', '--stream', 'a.b'], '--stream was given'],
  [['--from', 'nats://a', '--subject', 'a.*'], '--subject was given'],
  [['--from', 'nats://a', '--nats-creds', '/none'], '--nats-creds was given "/none", where there is no file'],
  [['--from', 'nats://a', '--url', 'http://b'], '--url is for a Meshery Server, and was given beside --from'],
  [['--from', 'nats://a', '--context', 'b'], '--context is for a Meshery Server'],
  [['--from', 'nats://a', '--token', 'hush'], '--token is for a Meshery Server'],
  [['--from', 'nats://a', '--tail', '3'], '--tail is for a Meshery Server'],
  [['--from', 'nats://a', '--transport', 'sse'], '--transport is for a Meshery Server'],
  [['--from', 'nats://a', '--insecure'], '--insecure is for a Meshery Server'],
  [['--stream', 'MESHERY'], '--stream needs --from'],
  [['--subject', 'a'], '--subject needs --from'],
  [['--nats-creds', '/none'], '--nats-creds needs --from'],
])('events %j is refused before anything is sent', async (args, said) => {
  const { code, stdout, stderr } = await run(['events', ...args])
  expect(stderr).toContain(`meshery-live: ${said}`)
  expect(linesOf(stderr)).toHaveLength(2)
  expect(stderr).not.toContain('hush')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test('events --from asks no Meshery Server, whatever the environment says of one', async () => {
  const env = { MESHERY_URL: 'no address', MESHERY_TOKEN_PATH: '/none', HTTPS_PROXY: 'no proxy' }
  const { code, stderr } = await run(['events', '--from', 'nats://127.0.0.1:1'], env)
  expect(stderr).toContain('nats://127.0.0.1:1')
  expect(code).toBe(4)
})
