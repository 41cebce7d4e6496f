import { expect, it } from 'vitest'
import { askServer } from '../../src/cli/server-probe.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { endless, head, raw } from '../platform/raw-server.ts'
import { isFull } from '../sample.ts'
import { eventually } from '../waiting.ts'

const { signal } = new AbortController()
const probe = nodePlatform({ env: {} })

it.each(isFull ? [200, 500] : [500])(
  'the question whether a server answers reads no answer without end (%s)',
  async (status) => {
    await using peer = await raw((socket) => {
      socket.write(head(status, 'content-type: application/json'))
      endless(socket, ' '.repeat(65_536))
    })
    const answer = await askServer(peer.url, probe, signal, 20_000)
    expect(answer).toMatchObject({ answers: false })
    expect('reason' in answer && answer.reason).toMatch(
      status === 200 ? /answers with more than 33554432 bytes/ : /answers 500/,
    )
    await eventually(() => expect(peer.connections()).toBe(0))
  },
)

it('the question whether a server answers ends where the answer stalls', async () => {
  await using peer = await raw((socket) =>
    socket.write(`${head(200, 'content-type: application/json')}{"build":"v1.0.1"}`),
  )
  expect(await askServer(peer.url, probe, signal, 200)).toMatchObject({ answers: false })
})
