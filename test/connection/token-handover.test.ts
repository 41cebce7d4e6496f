import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { RetryState } from '../../src/connection/retry-policy.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import { type HandedOver, TokenHandover } from '../../src/connection/token-handover.ts'

const lost = new MesheryError('CONNECTION_LOST', 'as scripted', { phase: 'stream' })

interface ScriptedJoin extends HandedOver {
  left: number
}

/** Each connection that was joined, and what the listener received. From `waitsFrom` on, connections wait for their next try. */
const start = (waitsFrom = Infinity) => {
  const joins: ScriptedJoin[] = []
  const received: string[] = []
  const handover = new TokenHandover(
    {
      operation: {},
      state: ({ kind }) => received.push(kind),
      open: () => received.push('open'),
      frame: ({ data }) => received.push(`frame ${data}`),
      end: (error) => received.push(`end ${error?.code}`),
    },
    (listener) => {
      const waiting: RetryState = { ...idle, kind: 'waiting', error: lost }
      const join: ScriptedJoin = {
        listener,
        handover: undefined,
        state: joins.length >= waitsFrom ? waiting : undefined,
        left: 0,
        leave: () => {
          join.left += 1
        },
      }
      joins.push(join)
      return join
    },
  )
  const join = (index: number): ScriptedJoin => {
    const found = joins[index]
    if (!found) throw new Error(`no connection ${index} was joined`)
    return found
  }
  /** As a joined operation ends. */
  const end = (index: number): void => {
    join(index).handover?.ended()
    join(index).listener.end(lost)
  }
  return { joins, join, received, end, leave: () => handover.leave() }
}

describe('an operation whose token expires', () => {
  it('moves to the next connection once it misses nothing there, and receives each frame from one alone', () => {
    const { joins, join, received, leave } = start()
    join(0).listener.open()
    join(0).handover?.renew()
    join(1).listener.state({ ...idle, kind: 'connecting' })
    join(0).listener.frame({ data: 1 })
    expect(join(0).left).toBe(0)
    join(1).listener.open()
    expect(join(0).left).toBe(1)
    join(1).listener.frame({ data: 2 })
    expect(received).toEqual(['open', 'frame 1', 'open', 'frame 2'])
    leave()
    expect(joins.map(({ left }) => left)).toEqual([1, 1])
  })

  it('moves again and again', () => {
    const { join, received } = start()
    for (const index of [0, 1, 2]) {
      join(index).listener.open()
      join(index).handover?.renew()
      join(index).handover?.renew()
    }
    join(3).listener.open()
    join(3).listener.frame({ data: 1 })
    expect(received).toEqual(['open', 'open', 'open', 'open', 'frame 1'])
  })

  it('stays on the current connection when the next fails, and moves to another one later', () => {
    const { joins, join, received } = start()
    join(0).listener.open()
    join(0).handover?.renew()
    join(1).listener.state({ ...idle, kind: 'refused', error: lost })
    expect(join(1).left).toBe(1)
    join(0).handover?.renew()
    join(2).listener.end(lost)
    join(0).handover?.renew()
    join(3).listener.open()
    expect(received).toEqual(['open', 'open'])
    expect(joins.map(({ left }) => left)).toEqual([1, 1, 1, 0])
  })

  it('stays on the current connection when the next one waits as it is joined', () => {
    const { joins, join, received } = start(1)
    join(0).listener.open()
    join(0).handover?.renew()
    join(0).listener.frame({ data: 1 })
    expect(received).toEqual(['open', 'frame 1'])
    expect(joins.map(({ left }) => left)).toEqual([0, 1])
  })

  it('leaves the next connection when it ends', () => {
    const { joins, join, received, end } = start()
    join(0).listener.open()
    join(0).handover?.renew()
    end(0)
    expect(received).toEqual(['open', 'end CONNECTION_LOST'])
    expect(joins.map(({ left }) => left)).toEqual([0, 1])
  })

  it('leaves both connections when it is left', () => {
    const { joins, join, leave } = start()
    join(0).listener.open()
    join(0).handover?.renew()
    leave()
    expect(joins.map(({ left }) => left)).toEqual([1, 1])
  })
})
