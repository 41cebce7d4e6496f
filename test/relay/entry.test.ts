import { expect, expectTypeOf, test } from 'vitest'
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

test('meshery-live/relay has known types', () => {
  expectTypeOf(entry.relay).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf<entry.RelayOptions>().toHaveProperty('to').toEqualTypeOf<entry.Sink>()
  expectTypeOf<entry.Cursor['load']>().returns.toEqualTypeOf<Promise<entry.CursorPosition | undefined>>()
  expectTypeOf<entry.RelayNotice>().not.toBeAny()
  expectTypeOf<entry.DeadLetter>().toExtend<entry.RelayEvent>()
})
