import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createEventActions } from '../../src/actions/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { actionsOn, errorOf, writesOf } from './actions.ts'

describe.each(['v0.8', 'v1.0', 'v1.0.52', 'current'] as const)('the log level on %s', (release) => {
  it('is read and set', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    expect(await actions.logLevel()).toMatchObject({
      logLevel: 'info',
      availableLevels: expect.arrayContaining(['debug']),
    })
    expect(await actions.setLogLevel('debug')).toMatchObject({ logLevel: 'debug' })
    expect(await actions.logLevel()).toMatchObject({ logLevel: 'debug' })
  })

  it('is only set to one that the server has', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const error = await errorOf(actions.setLogLevel('loud'))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('debug') })
    expect(writesOf(fake)).toEqual([])
  })
})

it.each(['v0.6', 'v0.7'] as const)('the log level on %s is UNSUPPORTED', async (release) => {
  await using fake = await startFakeMeshery({ release })
  await using actions = actionsOn(fake)
  for (const call of [actions.logLevel(), actions.setLogLevel('debug')])
    expect(await errorOf(call)).toMatchObject({ code: 'UNSUPPORTED', remedy: expect.stringContaining('v0.8') })
})

/** A Meshery whose log level takes a POST alone, whose connection ends in place of an answer. */
async function startPostOnly(): Promise<AsyncDisposable & { readonly url: string; readonly seen: string[] }> {
  const seen: string[] = []
  const level = { event_log_level: 'info', available_levels: ['info', 'debug'] }
  const json = (response: ServerResponse, body: object): void => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  }
  const server = createServer((request, response) => {
    const { method = '', url = '', socket } = request
    const path = url.replace(/\?.*/, '')
    seen.push(`${method} ${path}`)
    if (path === '/api/system/events') return json(response, { events: [], total_count: 0 })
    if (method === 'GET') return json(response, level)
    if (method === 'POST') return void socket.resetAndDestroy()
    response.statusCode = 405
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

it('a POST whose answer is lost is not sent again, and its outcome is unknown', async () => {
  await using server = await startPostOnly()
  await using actions = createEventActions({ url: server.url, provider: 'None' })
  const error = await errorOf(actions.setLogLevel('debug'))
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', details: { outcome: 'unknown' } })
  expect(error.remedy).toContain('`logLevel`')
  expect(server.seen.filter((one) => one.startsWith('POST'))).toEqual(['POST /api/system/events/config'])
})
