import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchTokenExpiry } from '../../src/connection/token-renewal.ts'
import { freshCookie } from '../../src/credentials/cookie.ts'
import { Credentials } from '../../src/credentials/credentials.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** A JWT that expires so many milliseconds from now. */
const lasting = (milliseconds: number): string => `head.${base64({ exp: (Date.now() + milliseconds) / 1000 })}.sign`

const hour = 3_600_000

/** Follows the renewals of a connection that was just dialled with the first of the tokens. */
const begin = async (tokens: string[]) => {
  const asked: number[] = []
  const ask = (): { token: string } => {
    asked.push(Date.now())
    return { token: (tokens.length > 1 ? tokens.shift() : tokens[0]) ?? '' }
  }
  const credentials = new Credentials({ ask, setsCookies: true })
  await credentials.load()
  const began = Date.now()
  const over = new AbortController()
  const renewed: number[] = []
  const done = watchTokenExpiry(credentials, () => renewed.push(Date.now() - began), over.signal)
  return { credentials, asked: () => asked.slice(1).map((at) => at - began), renewed, over, done }
}

describe('a connection is renewed', () => {
  it('a minute before its token expires, once another is said', async () => {
    const { renewed, asked, over, done } = await begin([lasting(hour), lasting(2 * hour)])
    await vi.advanceTimersByTimeAsync(hour - 60_001)
    expect([asked(), renewed]).toEqual([[], []])
    await vi.advanceTimersByTimeAsync(1)
    expect([asked(), renewed]).toEqual([[hour - 60_000], [hour - 60_000]])
    over.abort()
    await done
    expect(vi.getTimerCount()).toBe(0)
  })

  it('when three quarters of a short life are over', async () => {
    const { renewed, over } = await begin([lasting(20_000), lasting(hour)])
    await vi.advanceTimersByTimeAsync(15_000)
    expect(renewed).toEqual([15_000])
    over.abort()
  })

  it('with a token that the server gave meanwhile, without asking', async () => {
    const { credentials, renewed, asked, over } = await begin([lasting(hour)])
    await vi.advanceTimersByTimeAsync(1_000)
    credentials.absorb(freshCookie([`token=${lasting(2 * hour)}; Path=/`], 'token', 'http://a/'))
    expect(renewed).toEqual([])
    await vi.advanceTimersByTimeAsync(hour - 61_000)
    expect([renewed, asked()]).toEqual([[hour - 60_000], []])
    over.abort()
  })

  it('as soon as there is another token, looked for every 10 s, and once for each', async () => {
    const first = lasting(hour)
    const { renewed, asked, over } = await begin([first, first, first, lasting(2 * hour)])
    await vi.advanceTimersByTimeAsync(hour)
    expect(renewed).toEqual([hour - 40_000])
    expect(asked()).toEqual([60, 50, 40, 30, 20, 10, 0].map((seconds) => hour - seconds * 1000))
    over.abort()
  })

  it.each([20_000, hour])(
    'before each expiry of three tokens in a row that live %d ms, if it is not dialled again',
    async (life) => {
      const lead = Math.min(60_000, life / 4)
      const tokens = [1, 2, 3, 4].map((lives) => lasting(lives * life))
      const began = Date.now()
      const credentials = new Credentials({
        identity: { token: tokens[0] ?? '', provider: 'Meshery' },
        // The server gives the next one from shortly before the expiry of the current one on.
        renewToken: async () => {
          const due = tokens.findIndex((_, index) => Date.now() - began < (index + 1) * life - lead)
          return tokens[due]
        },
        setsCookies: true,
      })
      await credentials.load()
      const over = new AbortController()
      const renewed: number[] = []
      const done = watchTokenExpiry(credentials, () => renewed.push(Date.now() - began), over.signal)
      await vi.advanceTimersByTimeAsync(3 * life)
      expect(renewed).toHaveLength(3)
      renewed.forEach((at, index) => {
        expect(at).toBeLessThan((index + 1) * life)
        expect(at).toBeGreaterThanOrEqual((index + 1) * life - lead)
      })
      over.abort()
      await done
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it('without more looks than one in 10 min for a token that the server set long before', async () => {
    const { credentials, asked, over } = await begin([lasting(hour)])
    credentials.absorb(lasting(8 * hour))
    await vi.advanceTimersByTimeAsync(7 * hour)
    expect(asked().length).toBeLessThan(55)
    over.abort()
  })

  it('by no more than a look every 10 min where a token that has expired still serves', async () => {
    const { renewed, asked, over } = await begin([lasting(hour)])
    await vi.advanceTimersByTimeAsync(2 * hour)
    const late = asked().filter((at) => at > hour)
    expect(late.length).toBeLessThan(14)
    expect(Math.max(...late.slice(1).map((at, index) => at - (late[index] ?? 0)))).toBe(600_000)
    expect(renewed).toEqual([])
    over.abort()
  })

  it('when its credentials cannot be read for a while', async () => {
    const first = lasting(hour)
    let fails = 0
    const ask = (): { token: string } => {
      if (Date.now() < began + 1) return { token: first }
      if (fails++ < 2) throw new Error('as scripted')
      return { token: 'another' }
    }
    const began = Date.now()
    const credentials = new Credentials({ ask, setsCookies: true })
    await credentials.load()
    const over = new AbortController()
    const renewed = vi.fn()
    void watchTokenExpiry(credentials, renewed, over.signal)
    await vi.advanceTimersByTimeAsync(hour - 60_000 + 19_999)
    expect(renewed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(renewed).toHaveBeenCalledTimes(1)
    over.abort()
  })
})

describe('a source that never answers', () => {
  it('is given up at its limit and asked again, and the end of the connection ends the wait', async () => {
    let asked = 0
    const first = lasting(hour)
    const ask = (): Promise<{ token: string }> => {
      asked += 1
      if (asked === 1) return Promise.resolve({ token: first })
      return asked === 3 ? Promise.resolve({ token: lasting(2 * hour) }) : new Promise(() => {})
    }
    const credentials = new Credentials({ ask, setsCookies: true, timeout: 3_000 })
    await credentials.load()
    const over = new AbortController()
    const renewed = vi.fn()
    const done = watchTokenExpiry(credentials, renewed, over.signal)
    await vi.advanceTimersByTimeAsync(hour - 60_000 + 12_999)
    expect([asked, renewed.mock.calls.length]).toEqual([2, 0])
    await vi.advanceTimersByTimeAsync(1)
    expect([asked, renewed.mock.calls.length]).toEqual([3, 1])
    await vi.advanceTimersByTimeAsync(10_000)
    over.abort()
    await done
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is waited for no longer than the connection lasts', async () => {
    let asked = 0
    const first = lasting(hour)
    const ask = () => (asked++ === 0 ? { token: first } : new Promise<never>(() => {}))
    const credentials = new Credentials({ ask, setsCookies: true })
    await credentials.load()
    const over = new AbortController()
    const done = watchTokenExpiry(credentials, () => {}, over.signal)
    await vi.advanceTimersByTimeAsync(hour - 59_000)
    expect([asked, vi.getTimerCount()]).toEqual([2, 1])
    over.abort()
    await done
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a connection is left alone', () => {
  it.each([
    ['does not say when it expires', 'opaque'],
    ['has expired by our clock, which may be wrong', lasting(-1_000)],
    ['never expires, as Go writes it', base64({ access_token: 'secret', expiry: '0001-01-01T00:00:00Z' })],
    ['is none at all', ''],
  ])('when its token %s', async (_, token) => {
    const { done, asked } = await begin([token])
    await done
    expect([vi.getTimerCount(), asked()]).toEqual([0, []])
  })

  it('for as long as its token lives, be it a year', async () => {
    const year = 365 * 24 * hour
    const { renewed, asked, over } = await begin([lasting(year), lasting(2 * year)])
    await vi.advanceTimersByTimeAsync(year - hour)
    expect([asked(), renewed]).toEqual([[], []])
    over.abort()
  })

  it('and does not look without a wait where the clock is set back meanwhile', async () => {
    let looks = 0
    const over = new AbortController()
    const credentials = new Credentials({
      ask() {
        looks++
        if (looks === 2) vi.setSystemTime(Date.now() - 5_000)
        if (looks > 1_000) over.abort()
        return { token: lasting(hour) }
      },
      setsCookies: true,
    })
    await credentials.load()
    const done = watchTokenExpiry(credentials, () => {}, over.signal)
    await vi.advanceTimersByTimeAsync(hour - 60_000 + 100)
    expect(looks).toBeLessThan(5)
    over.abort()
    await done
  })

  it('once it is over', async () => {
    const { renewed, asked, over, done } = await begin([lasting(hour), lasting(2 * hour)])
    await vi.advanceTimersByTimeAsync(1_000)
    over.abort()
    await done
    await vi.advanceTimersByTimeAsync(hour)
    expect([asked(), renewed, vi.getTimerCount()]).toEqual([[], [], 0])
  })
})
