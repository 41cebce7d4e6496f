import { expect, expectTypeOf, test } from 'vitest'
import { fileCursor } from '../../src/cursor/index.ts'
import * as entry from '../../src/relay/index.ts'

test('meshery-live/relay exports these values and no others', () => {
  expect(Object.keys(entry).sort()).toEqual([
    'fileCursor',
    'fileDeadLetters',
    'fileSink',
    'httpSink',
    'natsSink',
    'relay',
  ])
})

test('meshery-live/relay has the `fileCursor` of meshery-live/cursor', () => {
  expect(entry.fileCursor).toBe(fileCursor)
})

test('meshery-live/relay has known types', () => {
  expectTypeOf(entry.relay).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf<entry.RelayOptions>().toHaveProperty('to').toEqualTypeOf<entry.Sink>()
  expectTypeOf<entry.RelayOptions>().toHaveProperty('cursor').toEqualTypeOf<entry.EventCursor>()
  expectTypeOf<entry.RelayNotice>().not.toBeAny()
  expectTypeOf<entry.DeadLetter>().toExtend<entry.RelayEvent>()
})
