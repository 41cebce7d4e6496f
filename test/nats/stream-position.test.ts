import { describe, expect, test } from 'vitest'
import {
  moved,
  positionAt,
  positionAtEnd,
  readFrom,
  readToEnd,
  replaced,
  resumed,
  type StreamContent,
} from '../../src/nats/stream-position.ts'

const content = (more: Partial<StreamContent> = {}): StreamContent => ({
  created: 'monday',
  firstSeq: 1,
  lastSeq: 10,
  firstTimeMs: 0,
  nowMs: 0,
  lastTime: BigInt(more.lastSeq ?? 10),
  ...more,
})
const place = (seq: number, time = BigInt(seq)) => ({ seq, time })
const readTo = (seq: number, ...marks: readonly ReturnType<typeof place>[]) => ({
  created: 'monday',
  next: seq + 1,
  last: place(seq),
  marks: marks.length > 0 ? marks : [place(10)],
})

describe('the position in a stream', () => {
  test('moves by one with each message', () => {
    expect(moved(readTo(4), place(5))).toEqual({ position: readTo(5), lost: 0 })
  })

  test('counts the messages that are missing before the next one', () => {
    expect(moved(readTo(4), place(8))).toEqual({ position: readTo(8), lost: 3 })
    expect(moved(positionAt(content(), 1), place(8))).toMatchObject({ lost: 7 })
  })

  test('has nothing missing before its first message where it begins at a time', () => {
    expect(moved(positionAt(content(), undefined), place(8))).toEqual({ position: readTo(8), lost: 0 })
  })

  test.each([3, 4])('knows message %i', (seq) => {
    expect(moved(readTo(4), place(seq))).toBe('known')
  })

  test('recognizes another stream by another message in the place of the last one', () => {
    expect(moved(readTo(4), place(4, 99n))).toBe('replaced')
  })

  test('recognizes by the newest message that what was not read is another one, and goes on', () => {
    expect(moved(readTo(9), place(10, 99n))).toEqual({
      position: { ...readTo(9), next: 11, last: place(10, 99n), marks: [] },
      lost: undefined,
    })
    expect(moved(readTo(9), place(11))).toMatchObject({ lost: 1 })
  })

  test('is behind the newest message where it begins now, by which another stream is recognized', () => {
    expect(positionAtEnd(content())).toEqual(readTo(10))
    expect(positionAtEnd(content({ lastSeq: 0, firstSeq: 1 }))).toMatchObject({ next: 1, last: undefined })
    expect(positionAtEnd(content({ lastTime: undefined }))).toMatchObject({ next: 11, last: undefined })
  })

  test.each([
    ['counts what was removed unread', readTo(4), 6],
    ['counts nothing where all was read', readTo(10), 0],
  ])('at the end of the stream %s', (_, position, lost) => {
    expect(readToEnd(position, content())).toEqual({ position: { ...position, next: 11 }, lost })
  })

  test('is read from its last message, or where it begins', () => {
    expect(readFrom(readTo(4))).toBe(4)
    expect(readFrom(positionAt(content(), 11))).toBe(11)
    expect(readFrom(positionAt(content(), undefined))).toBe(undefined)
  })
})

describe('after a connection was lost, the position', () => {
  test.each([
    ['stays where nothing was removed', content(), { position: readTo(4), lost: 0 }],
    ['stays where only what was read was removed', content({ firstSeq: 5 }), { position: readTo(4), lost: 0 }],
    ['counts what was removed unread', content({ firstSeq: 8 }), { position: { ...readTo(4), next: 8 }, lost: 3 }],
    [
      'counts all that was there where everything was removed',
      content({ firstSeq: 11 }),
      { position: { ...readTo(4), next: 11 }, lost: 6 },
    ],
    [
      'is the first message of a stream that was made anew',
      content({ created: 'tuesday', firstSeq: 2, lastSeq: 50 }),
      { position: { created: 'tuesday', next: 2, last: undefined, marks: [place(50)] }, lost: undefined },
    ],
    [
      'is the first message of a stream that lost its newest ones',
      content({ lastSeq: 3 }),
      replaced(content({ lastSeq: 3 })),
    ],
  ])('%s', (_, found, expected) => {
    expect(resumed(readTo(4), found)).toEqual(expected)
  })

  test.each([
    ['keeps what was not read in mind until it is reached, and adds what is new', 10, [10, 20]],
    ['has only what is new in mind once the rest was reached', 4, [20]],
  ])('%s', (_, newestSeq, expected) => {
    const { position } = resumed(readTo(4, place(newestSeq)), content({ lastSeq: 20 }))
    expect(position.marks).toEqual(expected.map((seq) => place(seq)))
  })

  test('has a bounded number of messages in mind, the oldest and the newest among them (law 4)', () => {
    let position = positionAt(content(), 1)
    for (let lastSeq = 11; lastSeq <= 500; lastSeq++) position = resumed(position, content({ lastSeq })).position
    expect(position.marks.length).toBeLessThanOrEqual(100)
    expect([position.marks[0], position.marks.at(-1)]).toEqual([place(10), place(500)])
  })

  test.each([undefined, 1])('reports the loss of what came between two breaks, read from %s on', (next) => {
    const again = resumed(positionAt(content(), next), content({ lastSeq: 20 })).position
    expect(resumed(again, content({ lastSeq: 15 }))).toMatchObject({ lost: undefined })
    expect(moved({ ...again, next: 20 }, place(20, 99n))).toMatchObject({ lost: undefined })
    expect(moved({ ...again, next: 10 }, place(10, 99n))).toMatchObject({ lost: undefined })
  })

  test('reports that the stream lost its newest messages, and goes on where they were not read', () => {
    expect(resumed(readTo(4), content({ lastSeq: 7 }))).toEqual({ position: readTo(4, place(7)), lost: undefined })
    expect(resumed(positionAt(content(), undefined), content({ lastSeq: 7 }))).toMatchObject({ lost: undefined })
  })

  test.each([
    ['', 'monday', 0],
    [', also in a stream that was made anew, which is reported', 'tuesday', undefined],
  ])('stays at its time where nothing was read%s', (_, created, lost) => {
    expect(resumed(positionAt(content(), undefined), content({ created, firstSeq: 9 }))).toEqual({
      position: { created, next: undefined, last: undefined, marks: [place(10)] },
      lost,
    })
  })
})
