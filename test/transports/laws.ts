import { describe, expect } from 'vitest'
import type { HttpClient } from '../../src/http/http-client.ts'
import type { Operation, Timeouts, Transport } from '../../src/transports/contract.ts'
import { someClaims } from '../sample.ts'
import { soonMs, waitUntil } from '../waiting.ts'
import { patient, Recorder, settled, uncaught, until, watchTimers } from './rig.ts'

/** One transport with a server that it can talk to. */
export interface Rig extends AsyncDisposable {
  readonly server: HttpClient
  readonly operation: Operation
  /** Something new happens at the server, with this number. */
  push(n: number): void
  /** How much of what was pushed has come here: frames, or reads that found something new. */
  received(listener: Recorder): number[]
  /** How often the server was asked for an operation, or for a read of it. */
  asked(): number
  /** How many live channels were dialled. */
  dials(): number
  /** How many connections or reads the server has at the moment. */
  open(): number
  /** Breaks what is open, as when the network fails. */
  cut(): void
  /** Nothing is read or answered any more, and back. */
  freeze(): void
  thaw(): void
  /** One round trip to the server, by another way: whatever was on its way before has arrived. */
  roundTrip(): Promise<void>
}

/** The promises of `src/transports/contract.ts`, for any transport. */
export const laws = (transport: Transport, startRig: () => Promise<Rig>): void => {
  const dial = (rig: Rig, timeouts: Partial<Timeouts> = {}) => {
    const connection = transport.connect(rig.server, { ...patient, poll: 10, pollMax: 20, ...timeouts })
    return { ...bound(connection), [Symbol.asyncDispose]: () => connection.close() }
  }

  describe(`the promises of the contract, kept by ${transport.name}`, () => {
    // Each starts a server.
    someClaims(5, `promises of ${transport.name}`, (it) => {
      it('1: sends no operation before its start', async () => {
        await using rig = await startRig()
        await using connection = dial(rig)
        if (transport.shared) await until(() => rig.open() === 1)
        await rig.roundTrip()
        expect([rig.asked(), transport.shared || rig.dials() === 0]).toEqual([0, true])
        connection.start(rig.operation, new Recorder())
        await until(() => rig.asked() >= 1)
      })

      it('1: tries nothing again: an attempt that ended stays ended', async () => {
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        connection.start(rig.operation, listener)
        await until(() => listener.opened === 1)
        rig.cut()
        await connection.ended
        const before = [rig.dials(), rig.asked()]
        if (transport.shared) connection.start(rig.operation, listener)
        for (let round = 0; round < 20; round++) await rig.roundTrip()
        rig.push(1)
        for (let round = 0; round < 20; round++) await rig.roundTrip()
        expect([rig.dials(), rig.asked()]).toEqual(before)
        expect(rig.received(listener)).toEqual([])
      })

      it('2: opens once, and misses nothing from then on', async () => {
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        listener.onOpen = () => rig.push(1)
        connection.start(rig.operation, listener)
        await until(() => rig.received(listener).length === 1)
        rig.push(2)
        await until(() => rig.received(listener).length === 2)
        expect(listener.opened).toBe(1)
      })

      it('3: delivers in the order of the wire, after the opening', async () => {
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        let early = 0
        listener.onFrame = () => {
          if (listener.opened !== 1) early++
        }
        connection.start(rig.operation, listener)
        await until(() => listener.opened === 1)
        const order = Array.from({ length: 100 }, (_, n) => n)
        for (const n of order) rig.push(n)
        await until(() => rig.received(listener).length === 100)
        expect([rig.received(listener), early]).toEqual([order, 0])
      })

      it('4: calls no listener when the whole connection ends: `ended` reports it', async () => {
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        connection.start(rig.operation, listener)
        await until(() => listener.opened === 1)
        rig.cut()
        expect(await connection.ended).toMatchObject({ name: 'MesheryError', retryable: true })
        expect(listener.ends).toEqual([])
      })

      it.each(['stop', 'close'] as const)('5: does not call a listener after %s', async (how) => {
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        const stop = connection.start(rig.operation, listener)
        await until(() => listener.opened === 1)
        rig.push(1)
        await until(() => rig.received(listener).length === 1)
        rig.push(2)
        if (how === 'stop') stop()
        else void connection.close()
        rig.push(3)
        await until(() => rig.open() === 0 || transport.shared)
        await rig.roundTrip()
        rig.push(4)
        await rig.roundTrip()
        expect([listener.frames.length, listener.ends, listener.opened]).toEqual([
          transport.name === 'polling' ? 0 : 1,
          [],
          1,
        ])
        expect(rig.received(listener)).toEqual([1])
      })

      it('5: does not call a listener, not even for the opening, when it is stopped at once', async () => {
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        connection.start(rig.operation, listener)()
        rig.push(1)
        await rig.roundTrip()
        await rig.roundTrip()
        expect([listener.opened, listener.frames, listener.ends]).toEqual([0, [], []])
      })

      it('6: ends once: with its error even when it is closed later, with nothing when it is closed', async () => {
        await using rig = await startRig()
        const broken = dial(rig)
        const listener = new Recorder()
        broken.start(rig.operation, listener)
        await until(() => listener.opened === 1)
        rig.cut()
        const error = await broken.ended
        await broken.close()
        expect(await broken.ended).toBe(error)
        expect(error).toBeDefined()

        const closed = dial(rig)
        closed.start(rig.operation, new Recorder())
        await Promise.all([closed.close(), closed.close()])
        expect(await closed.ended).toBeUndefined()
        await closed.close()

        const unused = dial(rig)
        expect(await settled(unused.ended)).toBe(false)
        await unused.close()
        expect(await unused.ended).toBeUndefined()
      })

      it.each(['answers', 'is frozen', 'is frozen from the start'] as const)(
        '7: closes in time and leaves nothing behind when the peer %s',
        async (peer) => {
          await using rig = await startRig()
          using timers = watchTimers()
          if (peer === 'is frozen from the start') rig.freeze()
          const connection = dial(rig, { close: 300 })
          const listener = new Recorder()
          connection.start(rig.operation, listener)
          if (peer !== 'is frozen from the start') await until(() => listener.opened === 1)
          expect(timers.running).toBeGreaterThan(0)
          if (peer === 'is frozen') rig.freeze()
          const begin = performance.now()
          await connection.close()
          expect(performance.now() - begin).toBeLessThan(soonMs)
          expect(await connection.ended).toBeUndefined()
          // `ws` clears its own a moment later; ours would run on for longer than this.
          await waitUntil(() => timers.running === 0)
          rig.thaw()
          await until(() => rig.open() === 0)
        },
      )

      it('8: survives a listener that throws, and shows what it throws', async () => {
        using seen = uncaught()
        await using rig = await startRig()
        await using connection = dial(rig)
        const listener = new Recorder()
        listener.onOpen = listener.onFrame = () => {
          throw new Error('mine')
        }
        connection.start(rig.operation, listener)
        for (let n = 1; n <= 3; n++) {
          await until(() => listener.opened === 1)
          rig.push(n)
          await until(() => rig.received(listener).length === n)
        }
        expect(await settled(connection.ended)).toBe(false)
        expect(seen.errors).toEqual(Array(1 + listener.frames.length).fill(new Error('mine')))
      })
    })
  })
}

const bound = (connection: ReturnType<Transport['connect']>) => ({
  ended: connection.ended,
  start: connection.start.bind(connection),
  close: connection.close.bind(connection),
})
