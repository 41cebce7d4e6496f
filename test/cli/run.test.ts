import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { eventually } from '../waiting.ts'

type Write = (text: string, done: (error?: Error) => void) => void

/** A stream that does with each text what the test says, and keeps it. */
class ScriptedStream extends Writable {
  text = ''
  readonly #onText: Write

  constructor(onText: Write = (_, done) => done(), highWaterMark = 16_384) {
    super({ decodeStrings: false, highWaterMark })
    this.#onText = onText
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.text += String(chunk)
    this.#onText(String(chunk), done)
  }
}

const start = (args: readonly string[], stdout: ScriptedStream, stderr: ScriptedStream = new ScriptedStream()) => {
  const signals = new EventEmitter()
  const io = { stdout, stderr, env: {}, home: '/nowhere', signals, now: () => Date.now() }
  return { code: run(args, io), stdout, stderr, signals }
}

const failing = (code: string): ScriptedStream =>
  new ScriptedStream((_, done) => done(Object.assign(new Error(`write ${code}`), { code })))

describe('an output that cannot be written', () => {
  test('ends the command with 0 and without a word where its reader has closed it', async () => {
    const { code, stderr } = start(['--help'], failing('EPIPE'))
    expect(await code).toBe(0)
    expect(stderr.text).toBe('')
  })

  test('ends the command with 1 otherwise, and says why once', async () => {
    const { code, stderr } = start(['--help'], failing('ENOSPC'))
    expect(await code).toBe(1)
    expect(stderr.text).toBe('meshery-live: write ENOSPC\n')
  })

  test('ends a command that follows something, and closes its connection', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', seed: [{}] })
    const { code } = start(['events', '--since', '1h', '--url', fake.url], failing('EPIPE'))
    expect(await code).toBe(0)
    await eventually(() => expect(fake.stats.openSockets).toBe(0))
  })

  test('does not matter on stderr', async () => {
    const { code, stdout } = start(['evnts'], new ScriptedStream(), failing('EPIPE'))
    expect(await code).toBe(2)
    expect(stdout.text).toBe('')
  })
})

describe('a slow reader', () => {
  /** A stream whose reader takes nothing until it is released. */
  const slow = (highWaterMark?: number) => {
    const waiting: (() => void)[] = []
    let reads = false
    const stdout = new ScriptedStream((_, done) => {
      if (reads) done()
      else waiting.push(done)
    }, highWaterMark)
    const read = (): void => {
      reads = true
      for (const done of waiting.splice(0)) done()
    }
    return { stdout, read }
  }

  test.each([1, 65_536])('is waited for, whether the stream asks for it or not (%d)', async (highWaterMark) => {
    const { stdout, read } = slow(highWaterMark)
    const { code } = start(['--help'], stdout)
    const onEnd = vi.fn()
    void code.then(onEnd)
    await eventually(() => expect(stdout.text).toMatch(/^Usage/))
    await new Promise((resolve) => setImmediate(resolve))
    expect(onEnd).not.toHaveBeenCalled()
    read()
    expect(await code).toBe(0)
  })

  test('of a command that is done: a signal that comes meanwhile is the exit code', async () => {
    const { stdout, read } = slow()
    const { code, signals } = start(['--version'], stdout)
    await eventually(() => expect(stdout.text).not.toBe(''))
    signals.emit('SIGTERM')
    read()
    expect(await code).toBe(143)
  })
})

test('no listener for signals is left behind', async () => {
  const { code, signals } = start(['--version'], new ScriptedStream())
  expect(signals.listenerCount('SIGINT')).toBe(1)
  await code
  expect([signals.listenerCount('SIGINT'), signals.listenerCount('SIGTERM')]).toEqual([0, 0])
})
