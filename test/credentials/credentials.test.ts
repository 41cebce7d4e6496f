import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { SentIdentity } from '../../src/base/credentials-refused.ts'
import { MesheryError } from '../../src/base/errors.ts'
import { freshCookie } from '../../src/credentials/cookie.ts'
import { type CredentialSources, Credentials } from '../../src/credentials/credentials.ts'
import type { Identity } from '../../src/credentials/identity.ts'

const fixed = (identity: Identity, setsCookies = true): Credentials => new Credentials({ identity, setsCookies })

/** The error with which a promise rejects. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('cookies and params', () => {
  it('contain the provider and the token', () => {
    const credentials = fixed({ token: 'abc', provider: 'Meshery Cloud' })
    expect(credentials.cookies()).toBe('meshery-provider=Meshery Cloud; token=abc')
    expect(credentials.params()).toEqual({ 'meshery-provider': 'Meshery Cloud', token: 'abc' })
    expect(credentials.sentIdentity.hasToken).toBe(true)
  })

  it('leave out what is missing', () => {
    expect(fixed({ token: '', provider: 'Local' }).cookies()).toBe('meshery-provider=Local')
    expect(fixed({ token: 'abc' }).params()).toEqual({ token: 'abc' })
    expect(fixed({}).cookies()).toBeUndefined()
    expect(fixed({ token: '' }).sentIdentity.hasToken).toBe(false)
  })

  it('set no cookie where the page has its own', () => {
    const credentials = fixed({ token: 'abc' }, false)
    expect(credentials.cookies()).toBeUndefined()
    expect(credentials.params()).toEqual({ token: 'abc' })
  })

  it('trim the white space around a token, such as the newline of a file', () => {
    expect(fixed({ token: ' abc\n' }).cookies()).toBe('token=abc')
  })

  it.each(['a;b', 'a\nb', 'a\0b', 'a"b', 'a\\b', 'ä'])(
    'are refused when the token is %j, without showing it',
    (token) => {
      for (const identity of [{ token }, { provider: token }]) {
        expect(() => fixed(identity)).toThrowError(
          expect.objectContaining({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials' }),
        )
        expect(() => fixed(identity)).not.toThrowError(token)
      }
    },
  )
})

describe('load', () => {
  it('asks before each dial', async () => {
    const ask = vi.fn(async () => ({ token: `token-${ask.mock.calls.length}` }))
    const credentials = new Credentials({ ask, setsCookies: true })
    expect(credentials.version).toBe(0)
    await credentials.load()
    expect(credentials.cookies()).toBe('token=token-1')
    await credentials.load()
    expect(credentials.cookies()).toBe('token=token-2')
    expect(credentials.version).toBe(2)
  })

  it('reads before each dial, and an unchanged source changes nothing', async () => {
    const read = vi.fn(async () => ({ token: 'abc', provider: 'Meshery' }))
    const credentials = new Credentials({ read, setsCookies: true })
    await credentials.load()
    await credentials.load()
    expect([read.mock.calls.length, credentials.version]).toEqual([2, 1])
    expect(credentials.params()).toEqual({ token: 'abc', 'meshery-provider': 'Meshery' })
  })

  it('reads again after a failure', async () => {
    const broken = new MesheryError('CREDENTIALS_UNREADABLE', 'auth.json is not JSON', { phase: 'credentials' })
    const read = vi.fn().mockRejectedValueOnce(broken).mockResolvedValue({ token: 'abc' })
    const credentials = new Credentials({ read, setsCookies: true })
    expect(await failure(credentials.load())).toBe(broken)
    await credentials.load()
    expect(credentials.sentIdentity.hasToken).toBe(true)
  })

  it('treats an empty source as no identity', async () => {
    const credentials = new Credentials({ read: async () => undefined, setsCookies: true })
    await credentials.load()
    expect(credentials.cookies()).toBeUndefined()
    expect(credentials.version).toBe(0)
  })

  it('counts no change when the answer is the same', async () => {
    const credentials = new Credentials({ ask: () => ({ token: 'abc' }), setsCookies: true })
    await credentials.load()
    await credentials.load()
    expect(credentials.version).toBe(1)
  })

  it('asks once for all waiting callers', async () => {
    let answer: (identity: Identity) => void = () => {}
    const ask = vi.fn(
      () =>
        new Promise<Identity>((resolve) => {
          answer = resolve
        }),
    )
    const credentials = new Credentials({ ask, setsCookies: true })
    const all = Promise.all([credentials.load(), credentials.refresh(), credentials.load()])
    await setImmediate()
    expect(ask).toHaveBeenCalledTimes(1)
    answer({ token: 'abc' })
    await all
    const again = credentials.load()
    expect(ask).toHaveBeenCalledTimes(2)
    answer({ token: 'abc' })
    await again
  })

  it.each([
    ['throws', () => Promise.reject(new Error('vault is sealed'))],
    [
      'throws at once',
      () => {
        throw new Error('vault is sealed')
      },
    ],
    ['gives nothing', () => undefined],
    ['returns a text', () => 'abc'],
    ['returns a token that is not a text', () => ({ token: 7 })],
    ['returns a token that no cookie can contain', () => ({ token: 'a;b' })],
  ])('rejects with a retryable error when the function %s', async (_, ask) => {
    const sources = { ask: ask as unknown as () => Identity, setsCookies: true }
    const credentials = new Credentials(sources)
    const error = await failure(credentials.load())
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials', retryable: true })
    expect(String(error)).not.toContain('a;b')
    expect(await failure(credentials.refresh())).toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
  })
})

describe('a provider that is not configured', () => {
  const find = (...answers: readonly (string | null | undefined | Error)[]) => {
    const findProvider = vi.fn(async (_: SentIdentity) => {
      const answer = answers[Math.min(findProvider.mock.calls.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      return answer
    })
    return findProvider
  }

  it('is looked up once, before any credentials are known', async () => {
    const findProvider = find('None')
    const credentials = new Credentials({ read: async () => undefined, findProvider, setsCookies: true })
    expect(credentials.isKnown).toBe(false)
    await credentials.load()
    await credentials.load()
    expect(credentials.isKnown).toBe(true)
    expect(credentials.cookies()).toBe('meshery-provider=None')
    expect(findProvider).toHaveBeenCalledTimes(1)
  })

  it.each<[string, Omit<CredentialSources, 'findProvider' | 'setsCookies'>]>([
    ['a fixed token', { identity: { token: 'abc' } }],
    ['an answer', { ask: () => ({ token: 'abc', provider: ' ' }) }],
    ['what was read', { read: async () => ({ token: 'abc', from: { token: 'MESHERY_TOKEN' } }) }],
  ])('is looked up for %s', async (_, sources) => {
    const findProvider = find('Meshery')
    const credentials = new Credentials({ ...sources, findProvider, setsCookies: true })
    expect([credentials.isKnown, credentials.version]).toEqual([false, 0])
    await credentials.load()
    await credentials.load()
    expect(credentials.cookies()).toBe('meshery-provider=Meshery; token=abc')
    expect(credentials.version).toBe(1)
    expect(findProvider).toHaveBeenCalledTimes(1)
    expect(findProvider.mock.calls[0]?.[0]).toMatchObject({ hasToken: true })
  })

  it('is looked up again without dropping a token that the server sets meanwhile', async () => {
    const findProvider = find('Meshery')
    const credentials = new Credentials({ identity: { token: 'abc' }, findProvider, setsCookies: true })
    await credentials.load()
    credentials.refuse(credentials.version)
    findProvider.mockImplementationOnce(async () => {
      credentials.absorb('renewed')
      return 'Meshery'
    })
    await credentials.refresh()
    expect(credentials.cookies()).toBe('meshery-provider=Meshery; token=renewed')
  })

  it('is not looked up where one is configured', async () => {
    const findProvider = find('Meshery')
    const sources = { findProvider, setsCookies: true }
    const identity = { provider: 'Layer5' }
    expect(new Credentials({ identity, ...sources }).isKnown).toBe(true)
    for (const credentials of [
      new Credentials({ identity, ...sources }),
      new Credentials({ ask: () => identity, ...sources }),
      new Credentials({ read: async () => identity, ...sources }),
    ]) {
      await credentials.load()
      expect(credentials.cookies()).toBe('meshery-provider=Layer5')
    }
    expect(findProvider).not.toHaveBeenCalled()
  })

  it('is left out where none exists, and is not looked up again', async () => {
    const findProvider = find(null)
    const credentials = new Credentials({ identity: { token: 'abc' }, findProvider, setsCookies: true })
    await credentials.load()
    await credentials.load()
    expect(credentials.cookies()).toBe('token=abc')
    expect(findProvider).toHaveBeenCalledTimes(1)
  })

  it('is looked up before the next dial where the list is unreadable at the moment', async () => {
    const findProvider = find(undefined, undefined, 'Meshery')
    const credentials = new Credentials({ identity: { token: 'abc' }, findProvider, setsCookies: true })
    for (const cookies of ['token=abc', 'token=abc', 'meshery-provider=Meshery; token=abc']) {
      await credentials.load()
      expect(credentials.isKnown).toBe(true)
      expect(credentials.cookies()).toBe(cookies)
    }
  })

  it('leaves no credentials when it is not found, and is looked up again', async () => {
    const away = new MesheryError('CONNECTION_REFUSED', 'no server is there', { phase: 'tcp' })
    const findProvider = find(away, 'None')
    const credentials = new Credentials({ read: async () => undefined, findProvider, setsCookies: true })
    expect(await failure(credentials.load())).toBe(away)
    expect(credentials.isKnown).toBe(false)
    await credentials.load()
    expect(credentials.cookies()).toBe('meshery-provider=None')
  })

  it('is looked up once after each refusal, even for a fixed identity', async () => {
    const findProvider = find('Local', 'Local', 'None')
    const credentials = new Credentials({ identity: { token: '' }, findProvider, setsCookies: true })
    await credentials.load()
    credentials.refuse(1)
    expect(await credentials.refresh()).toBe(false)
    expect(await credentials.refresh()).toBe(false)
    expect(credentials.canChange).toBe(false)
    expect(findProvider).toHaveBeenCalledTimes(2)
    credentials.refuse(1)
    expect(await credentials.refresh()).toBe(true)
    expect(credentials.canChange).toBe(true)
    expect(credentials.cookies()).toBe('meshery-provider=None')
  })

  it('is looked up again after a refusal and when the source changes, and keeps a token that the server renewed', async () => {
    let token = 'one'
    const findProvider = find('Meshery')
    const credentials = new Credentials({ ask: () => ({ token }), findProvider, setsCookies: true })
    await credentials.load()
    credentials.refuse(1)
    credentials.absorb(freshCookie(['token=one-renewed'], 'token', 'http://a/'))
    expect(await credentials.refresh()).toBe(true)
    expect(credentials.cookies()).toBe('meshery-provider=Meshery; token=one-renewed')
    token = 'two'
    await credentials.load()
    expect(credentials.cookies()).toBe('meshery-provider=Meshery; token=two')
    expect(findProvider).toHaveBeenCalledTimes(3)
  })
})

describe('refresh', () => {
  it('reports whether the source differs from the refused credentials', async () => {
    let token = 'old'
    const credentials = new Credentials({ read: async () => ({ token }), setsCookies: true })
    await credentials.load()
    credentials.refuse(credentials.version)
    expect(await credentials.refresh()).toBe(false)
    token = 'new'
    expect(await credentials.refresh()).toBe(true)
    expect(credentials.cookies()).toBe('token=new')
  })

  it('reports the change to every caller refused with the old credentials, however late', async () => {
    let token = 'old'
    const credentials = new Credentials({ read: async () => ({ token }), setsCookies: true })
    await credentials.load()
    credentials.refuse(1)
    token = 'new'
    expect(await credentials.refresh()).toBe(true)
    expect(await credentials.refresh()).toBe(true)
    credentials.refuse(2)
    expect(await credentials.refresh()).toBe(false)
    // The response to an older request comes late: the new token is refused all the same.
    credentials.refuse(1)
    expect(await credentials.refresh()).toBe(false)
  })

  it('never differs for a fixed identity, which cannot change', async () => {
    const credentials = fixed({ token: 'abc' })
    expect(credentials.canChange).toBe(false)
    credentials.refuse(credentials.version)
    expect(await credentials.refresh()).toBe(false)
    expect(credentials.canChange).toBe(false)
  })

  it('can change with a function or a file, but not with cookies that are not visible', () => {
    const read = async (): Promise<undefined> => undefined
    expect(new Credentials({ ask: () => ({}), setsCookies: false }).canChange).toBe(true)
    expect(new Credentials({ read, setsCookies: true }).canChange).toBe(true)
    expect(new Credentials({ read, setsCookies: false }).canChange).toBe(false)
    expect(new Credentials({ setsCookies: true }).canChange).toBe(false)
  })
})

describe('absorb', () => {
  it('takes a fresh token, keeps the provider and counts the change', () => {
    const credentials = fixed({ token: 'old', provider: 'Meshery' })
    credentials.absorb(
      freshCookie(['meshery_ref=x; Path=/', 'token=new; Path=/; HttpOnly; Max-Age=3600'], 'token', 'http://a/'),
    )
    expect(credentials.cookies()).toBe('meshery-provider=Meshery; token=new')
    expect(credentials.version).toBe(2)
  })

  it.each([
    [['token=; Path=/; Max-Age=0']],
    [['token=']],
    [['token=gone; Max-Age=0']],
    [['token=gone; max-age=-1; Path=/']],
    [['token=gone; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT']],
    [['token=new; Path=/', 'token=; Max-Age=0']],
    [['other=new', 'xtoken=new', 'token2=new']],
    [['token=a\\b']],
    [['token']],
    [['']],
    [[]],
  ])('ignores %j', (lines) => {
    const credentials = fixed({ token: 'old' })
    credentials.absorb(freshCookie(lines, 'token', 'http://a/'))
    expect(credentials.cookies()).toBe('token=old')
    expect(credentials.version).toBe(1)
  })

  it('takes a token that follows its own deletion, is quoted, or expires later', () => {
    for (const line of ['token=new', 'token="new"; Path=/', 'token=new; Expires=Fri, 01 Jan 2100 00:00:00 GMT']) {
      const credentials = fixed({ token: 'old' })
      credentials.absorb(freshCookie(['token=; Max-Age=0', line], 'token', 'http://a/'))
      expect(credentials.cookies()).toBe('token=new')
    }
  })

  it('does not let a response to an older identity undo a newer one', async () => {
    let token = 'one'
    const credentials = new Credentials({ ask: () => ({ token }), setsCookies: true })
    await credentials.load()
    const sent = credentials.version
    token = 'two'
    await credentials.load()
    credentials.absorb(freshCookie(['token=one-renewed'], 'token', 'http://a/'), sent)
    expect(credentials.cookies()).toBe('token=two')
  })

  it("keeps the server's token until the source changes", async () => {
    let token = 'one'
    const credentials = new Credentials({ ask: () => ({ token }), setsCookies: true })
    await credentials.load()
    credentials.absorb(freshCookie(['token=one-renewed'], 'token', 'http://a/'))
    await credentials.load()
    expect(credentials.cookies()).toBe('token=one-renewed')
    token = 'two'
    await credentials.load()
    expect(credentials.cookies()).toBe('token=two')
  })

  it('makes a refusal of the old token retryable, even of a fixed one', async () => {
    const credentials = fixed({ token: 'old' })
    credentials.absorb(freshCookie(['token=fresh'], 'token', 'http://a/'), 1)
    credentials.refuse(1)
    expect(credentials.canChange).toBe(true)
    expect(await credentials.refresh()).toBe(true)
    credentials.refuse(2)
    expect(credentials.canChange).toBe(false)
    expect(await credentials.refresh()).toBe(false)
  })
})

describe('a token that the server set and then refuses', () => {
  it('gives way to the token that it replaced, and the refusal is retryable', async () => {
    const credentials = fixed({ token: 'mine' })
    credentials.absorb('stray')
    expect(credentials.params()).toEqual({ token: 'stray' })
    credentials.refuse(2)
    expect(credentials.params()).toEqual({ token: 'mine' })
    expect(credentials.canChange).toBe(true)
    expect(await credentials.refresh()).toBe(true)
  })

  it('is the last one accepted while the given token is good', () => {
    const credentials = fixed({ token: 'mine' })
    credentials.absorb('stray')
    credentials.refuse(2)
    credentials.absorb('another-stray')
    expect(credentials.params()).toEqual({ token: 'mine' })
    credentials.refuse(credentials.version)
    credentials.absorb('renewed')
    expect(credentials.params()).toEqual({ token: 'renewed' })
    expect(credentials.canChange).toBe(true)
    credentials.refuse(credentials.version)
    expect(credentials.params()).toEqual({ token: 'mine' })
    expect(credentials.canChange).toBe(false)
  })

  it('gives way to a token that was refused before, without a retry', async () => {
    const credentials = fixed({ token: 'mine' })
    credentials.refuse(1)
    credentials.absorb('renewed')
    credentials.refuse(2)
    expect(credentials.params()).toEqual({ token: 'mine' })
    expect(credentials.canChange).toBe(false)
    expect(await credentials.refresh()).toBe(false)
  })

  it('gives way to the next one where the given token was refused too', () => {
    const credentials = fixed({ token: 'mine' })
    credentials.refuse(1)
    credentials.absorb('first')
    credentials.absorb('second')
    credentials.refuse(2)
    expect(credentials.params()).toEqual({ token: 'second' })
    expect(credentials.canChange).toBe(true)
  })

  it('is accepted again once the source changes', async () => {
    let token = 'mine'
    const credentials = new Credentials({ ask: () => ({ token }), setsCookies: true })
    await credentials.load()
    credentials.absorb('stray')
    credentials.refuse(2)
    token = 'mine too'
    await credentials.load()
    credentials.absorb('renewed')
    expect(credentials.params()).toEqual({ token: 'renewed' })
  })
})

describe('a token that the server gives for one that expires', () => {
  it('is taken again and again, though each is refused once it has expired', async () => {
    let given = 0
    const renewToken = async () => `renewed-${++given}`
    const credentials = new Credentials({ identity: { token: 'mine', provider: 'P' }, renewToken, setsCookies: true })
    await credentials.load()
    for (const next of [2, 3, 4, 5, 6]) {
      credentials.refuse(credentials.version)
      expect(credentials.canChange).toBe(true)
      expect(await credentials.refresh()).toBe(true)
      expect(credentials.params()['token']).toBe(`renewed-${next}`)
    }
  })
})

describe('a credentials function that never settles', () => {
  const never = new Promise<never>(() => {})

  it('is called again by the next dial and after a refusal', async () => {
    let asked = 0
    const ask = () => (++asked % 2 === 1 ? never : { token: `token-${asked}` })
    const credentials = new Credentials({ ask, setsCookies: true })
    expect(await failure(credentials.load(10))).toMatchObject({ code: 'TIMED_OUT', phase: 'credentials' })
    await credentials.load(1_000)
    expect(credentials.cookies()).toBe('token=token-2')
    credentials.refuse(1)
    expect(await failure(credentials.refresh(10))).toMatchObject({ code: 'TIMED_OUT' })
    expect(await credentials.refresh(1_000)).toBe(true)
  })

  it('fails at its time limit, also when all waiting callers left before', async () => {
    let asked = 0
    const credentials = new Credentials({
      ask: () => (++asked === 1 ? never : { token: `token-${asked}` }),
      setsCookies: true,
      timeout: 100,
    })
    const leave = new AbortController()
    const left = credentials.load(undefined, leave.signal)
    leave.abort()
    await left
    // It waits for the same call, which never settles, no longer than the limit allows.
    expect(await failure(credentials.load())).toMatchObject({ code: 'TIMED_OUT' })
    await credentials.load()
    expect(credentials.cookies()).toBe('token=token-2')
    const again = new AbortController()
    asked = 0
    const gone = credentials.refresh(undefined, again.signal)
    again.abort()
    expect(await gone).toBe(false)
    await sleep(110)
    await credentials.load()
    expect(asked).toBe(2)
  })

  it('is ignored once a later call was made', async () => {
    const answers: ((identity: Identity) => void)[] = []
    const ask = (): Promise<Identity> => new Promise((resolve) => answers.push(resolve))
    const credentials = new Credentials({ ask, setsCookies: true, timeout: 20 })
    expect(await failure(credentials.load())).toMatchObject({ code: 'TIMED_OUT' })
    const second = credentials.load(5_000)
    answers[0]?.({ token: 'old' })
    await setImmediate()
    expect([credentials.isKnown, credentials.cookies()]).toEqual([false, undefined])
    // The end of the first call does not end the wait for the second.
    const joined = credentials.load(5_000)
    answers[1]?.({ token: 'new' })
    await Promise.all([second, joined])
    expect([answers.length, credentials.cookies()]).toEqual([2, 'token=new'])
  })

  it('leaves no timer behind, however the wait ends', async () => {
    vi.useFakeTimers()
    const credentials = new Credentials({ ask: () => never, setsCookies: true })
    const leave = new AbortController()
    const waits = [credentials.load(undefined, leave.signal), credentials.refresh(undefined, leave.signal)]
    expect(vi.getTimerCount()).toBe(2)
    leave.abort()
    await Promise.all(waits)
    expect(vi.getTimerCount()).toBe(0)
    const late = failure(credentials.load())
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await late).toMatchObject({ code: 'TIMED_OUT', message: expect.stringContaining('within 10000 ms') })
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('ends the wait for a provider that is never found', async () => {
    const findProvider = vi.fn().mockReturnValueOnce(never).mockResolvedValue('Meshery')
    const identity = { token: 'abc' }
    const credentials = new Credentials({ identity, findProvider, setsCookies: true, timeout: 20 })
    expect(await failure(credentials.load())).toMatchObject({ code: 'TIMED_OUT' })
    await credentials.load()
    expect(credentials.cookies()).toBe('meshery-provider=Meshery; token=abc')
  })
})
