import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { ConnectionListener } from '../../src/connection/reconnecting-connection.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import { joinWithHandover } from '../../src/connection/token-handover.ts'

const lost = new MesheryError('CONNECTION_LOST', 'as scripted', { phase: 'stream' })

/** Each seat that was taken, and what the member heard. */
const start = (refuseFrom = Infinity) => {
  const seats: { readonly member: ConnectionListener; left: number }[] = []
  const heard: string[] = []
  const leave = joinWithHandover(
    {
      operation: {},
      state: ({ kind }) => heard.push(kind),
      open: () => heard.push('open'),
      frame: ({ data }) => heard.push(`frame ${data}`),
      end: (error) => heard.push(`end ${error?.code}`),
    },
    (member) => {
      const seat = { member, left: 0 }
      seats.push(seat)
      // A link that waits for its next try says so at once.
      if (seats.length > refuseFrom) member.state({ ...idle, kind: 'waiting', error: lost })
      return () => {
        seat.left += 1
      }
    },
  )
  const seat = (index: number) => {
    const found = seats[index]
    if (!found) throw new Error(`no seat ${index}`)
    return found
  }
  return { seats, seat, heard, leave }
}

describe('a member is carried', () => {
  it('to the next connection once nothing is missed there, and hears each frame from one alone', () => {
    const { seats, seat, heard, leave } = start()
    seat(0).member.open()
    seat(0).member.renew?.()
    seat(1).member.state({ ...idle, kind: 'connecting' })
    seat(0).member.frame({ data: 1 })
    expect(seat(0).left).toBe(0)
    seat(1).member.open()
    expect(seat(0).left).toBe(1)
    seat(1).member.frame({ data: 2 })
    seat(0).member.frame({ data: 3 })
    seat(0).member.state({ ...idle, kind: 'waiting', error: lost })
    expect(heard).toEqual(['open', 'frame 1', 'open', 'frame 2'])
    leave()
    expect(seats.map(({ left }) => left)).toEqual([1, 1])
  })

  it('again and again', () => {
    const { seat, heard } = start()
    for (const index of [0, 1, 2]) {
      seat(index).member.open()
      seat(index).member.renew?.()
      seat(index).member.renew?.()
    }
    seat(3).member.open()
    seat(3).member.frame({ data: 1 })
    expect(heard).toEqual(['open', 'open', 'open', 'open', 'frame 1'])
  })

  it('by the present connection when the next cannot be had, and by another later', () => {
    const { seats, seat, heard } = start()
    seat(0).member.open()
    seat(0).member.renew?.()
    seat(1).member.state({ ...idle, kind: 'refused', error: lost })
    expect(seat(1).left).toBe(1)
    seat(0).member.renew?.()
    seat(2).member.end(lost)
    seat(0).member.renew?.()
    seat(3).member.open()
    expect(heard).toEqual(['open', 'open'])
    expect(seats.map(({ left }) => left)).toEqual([1, 1, 1, 0])
  })

  it('by the present connection when the next says at once that it waits', () => {
    const { seats, seat, heard } = start(1)
    seat(0).member.open()
    seat(0).member.renew?.()
    seat(0).member.frame({ data: 1 })
    expect(heard).toEqual(['open', 'frame 1'])
    expect(seats.map(({ left }) => left)).toEqual([0, 1])
  })

  it('to its end: then it is nowhere', () => {
    const { seats, seat, heard } = start()
    seat(0).member.open()
    seat(0).member.renew?.()
    seat(0).member.end(lost)
    expect(heard).toEqual(['open', 'end CONNECTION_LOST'])
    expect(seats.map(({ left }) => left)).toEqual([0, 1])
  })

  it('until it leaves, from both connections', () => {
    const { seats, seat, leave } = start()
    seat(0).member.open()
    seat(0).member.renew?.()
    leave()
    expect(seats.map(({ left }) => left)).toEqual([1, 1])
  })
})
