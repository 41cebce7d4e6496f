import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { RestFallback } from '../../src/states/rest-fallback.ts'
import type { StateRequests } from '../../src/streams/state-declaration.ts'
import { errorOf } from './scripted-state.ts'

/** A server whose GraphQL responses the test defines. */
class Scripted extends HttpClient {
  answer: unknown = {}

  constructor() {
    const credentials = new Credentials({
      identity: { provider: 'Meshery', token: 'secret-token-abcdefgh' },
      setsCookies: true,
    })
    super(nodePlatform({ env: {} }), credentials, { url: new URL('http://meshery.example'), headers: {} })
  }

  override async json(): Promise<{ body: unknown; date: null; length: number }> {
    return { body: this.answer, date: null, length: 0 }
  }
}

const begin = (): { server: Scripted; ask: StateRequests; asking: RestFallback; stop: AbortController } => {
  const server = new Scripted()
  const asking = new RestFallback(server, 1_000)
  const stop = new AbortController()
  return { server, asking, stop, ask: asking.until(stop.signal) }
}

describe('the variants of a read', () => {
  /** Variants that work or fail, with a record of which were tried. */
  const ways = (...outcomes: readonly (string | MesheryError | undefined)[]) => {
    const tried: number[] = []
    const list = outcomes.map((outcome, index) => async () => {
      tried.push(index)
      if (outcome instanceof MesheryError) throw outcome
      return outcome
    })
    return { tried, list }
  }
  const missing = errorOf('NOT_MESHERY', false)
  const unknown = new MesheryError('UNSUPPORTED', 'Cannot query field "names"', { phase: 'subscribe' })

  it('are tried in order until one works; that one is the first from then on', async () => {
    const { ask } = begin()
    const { tried, list } = ways(missing, unknown, 'third', 'fourth')
    expect(await ask.firstSupported('names', list)).toBe('third')
    expect(await ask.firstSupported('names', list)).toBe('third')
    expect(tried).toEqual([0, 1, 2, 2])
  })

  it('are remembered by their name for every reader of this server', async () => {
    const { ask, asking } = begin()
    const { tried, list } = ways(missing, 'second')
    await ask.firstSupported('names', list)
    await asking.until(new AbortController().signal).firstSupported('names', list)
    await ask.firstSupported('others', list)
    expect(tried).toEqual([0, 1, 1, 0, 1])
  })

  it('are tried again from the first when the release of the server changes', async () => {
    const { ask } = begin()
    await ask.firstSupported('names', ways(missing, missing, 'third').list)
    expect(await ask.firstSupported('names', ways('first', missing, missing).list)).toBe('first')
  })

  it.each([
    ['CREDENTIALS_REFUSED', 404],
    ['SERVER_ERROR', 405],
  ] as const)('are all tried where %s with status %i shows that GraphQL is gone', async (code, status) => {
    const { ask } = begin()
    const refused = new MesheryError(code, 'POST', { phase: 'poll', details: { status } })
    expect(await ask.firstSupported('names', ways(refused, 'second').list)).toBe('second')
    await expect(ask.firstSupported('others', ways(refused).list)).rejects.toBe(refused)
  })

  it('that give undefined are not supported', async () => {
    const { ask } = begin()
    expect(await ask.firstSupported('names', ways(undefined, 'second').list)).toBe('second')
    await expect(ask.firstSupported('others', ways(undefined).list)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('are not all tried for an error that does not depend on the release', async () => {
    const { ask } = begin()
    for (const code of ['SERVER_ERROR', 'CREDENTIALS_REFUSED', 'TIMED_OUT', 'CONNECTION_LOST'] as const) {
      const { tried, list } = ways(errorOf(code), 'second')
      await expect(ask.firstSupported(code, list)).rejects.toMatchObject({ code })
      expect(tried).toEqual([0])
    }
  })

  it('that all fail report what the schema lacks, rather than a missing path', async () => {
    const { ask } = begin()
    await expect(ask.firstSupported('names', ways(missing, unknown, missing).list)).rejects.toBe(unknown)
  })

  it('are tried again when none works any more: a gateway answers for a server that restarts', async () => {
    const { ask } = begin()
    await expect(ask.firstSupported('names', ways(missing).list)).rejects.toMatchObject({ retryable: false })
    await ask.firstSupported('names', ways('first').list)
    await expect(ask.firstSupported('names', ways(missing).list)).rejects.toMatchObject({
      code: 'NOT_MESHERY',
      retryable: true,
    })
  })
})

describe('a query', () => {
  it('gives its data', async () => {
    const { server, ask } = begin()
    server.answer = { data: { names: ['a'] } }
    expect(await ask.query('{ names }', {})).toEqual({ names: ['a'] })
  })

  it('fails with the GraphQL error, without secrets', async () => {
    const { server, ask } = begin()
    server.answer = { data: null, errors: [{ message: 'no access for secret-token-abcdefgh', path: ['names'] }] }
    const error = await ask.query('{ names }', {}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'GRAPHQL_ERROR' })
    expect(String(error)).not.toContain('secret-token')
  })

  it('is unsupported where the schema does not have it', async () => {
    const { server, ask } = begin()
    server.answer = {
      errors: [
        { message: 'Cannot query field "names" on type "Query".', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ],
    }
    await expect(ask.query('{ names }', {})).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('reports a response from another program when there is neither data nor an error', async () => {
    const { server, ask } = begin()
    for (const answer of [null, [], 'text', {}, { data: null }, { data: [] }]) {
      server.answer = answer
      await expect(ask.query('{ names }', {})).rejects.toMatchObject({ code: 'NOT_MESHERY' })
    }
  })
})

describe('a walk over pages', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits a second before each further page, unless it is stopped', async () => {
    const { ask, stop } = begin()
    let turned = 0
    const note = (): void => {
      turned++
    }
    void ask.waitForSlot().then(note)
    await vi.advanceTimersByTimeAsync(999)
    expect(turned).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(turned).toBe(1)
    void ask.waitForSlot().then(note)
    stop.abort()
    await vi.advanceTimersByTimeAsync(0)
    expect([turned, vi.getTimerCount()]).toEqual([2, 0])
  })
})
