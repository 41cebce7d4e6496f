import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createMeshery, type Notice } from '../../src/index.ts'

/** What a subscription to events reports of a server that answers everything so, until it fails. */
async function noticesOf(status: number, body: string): Promise<{ notices: Notice[]; failure: unknown }> {
  const server = createServer((_, response) => response.writeHead(status, { 'content-type': 'text/html' }).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const meshery = createMeshery({ url: `http://127.0.0.1:${port}`, provider: 'None' })
  const notices: Notice[] = []
  try {
    const subscription = meshery.subscribeEvents({}, { onNotice: (notice) => notices.push(notice) })
    const failure: unknown = await subscription.closed.catch((error: unknown) => error)
    return { notices, failure }
  } finally {
    await meshery.close()
    server.closeAllConnections()
    server.close()
  }
}

describe('a first try that fails', () => {
  it('reports no gap, of a server that is not Meshery', async () => {
    const { notices, failure } = await noticesOf(404, '<html>Not found</html>')
    expect(failure).toMatchObject({ code: 'NOT_MESHERY', remedy: expect.stringContaining('Check `url`') })
    expect(notices.map(({ kind }) => kind)).not.toContain('gap')
  })

  it('reports no gap, of a server that takes only https, and names the address to use', async () => {
    const { notices, failure } = await noticesOf(400, '<html>The plain HTTP request was sent to HTTPS port</html>')
    expect(failure).toMatchObject({ code: 'WRONG_SCHEME', remedy: expect.stringContaining('Use https://') })
    expect(notices.map(({ kind }) => kind)).not.toContain('gap')
  })
})
