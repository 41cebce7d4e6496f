/** What a stream says about itself. */
export interface StreamContent {
  /** When the stream was made. */
  readonly created: string
  /** The sequence number of its oldest message; one more than `lastSeq` where it has none. */
  readonly firstSeq: number
  /** When its oldest message was stored, in milliseconds since 1970; where it has none, when the last one was. */
  readonly firstTimeMs: number
  /** The sequence number of the newest message that it ever had. */
  readonly lastSeq: number
  /** When that one was stored, in nanoseconds since 1970; undefined where the server does not know it any more. */
  readonly lastTime: bigint | undefined
  /** The time of the server, in milliseconds since 1970; that of this machine where the server does not say. */
  readonly nowMs: number
}

/** What identifies a message: another stream of the same name has another message at the same place. */
export interface MessagePlace {
  readonly seq: number
  /** When it was stored, in nanoseconds since 1970. */
  readonly time: bigint
}

/**
 * How far a stream was read. Sequence numbers have no holes, so a missing one is a message that was removed before it was
 * read: by the limits of the stream, by a purge or by hand.
 */
export interface StreamPosition {
  /** When the stream was made. */
  readonly created: string
  /** The sequence number of the next message; undefined where reading begins at a time. */
  readonly next: number | undefined
  /** The message that was read last; where reading begins now, the newest one. */
  readonly last: MessagePlace | undefined
  /**
   * The newest messages that the stream had when reading began, and began again after a break: those that are not reached yet, oldest
   * first. When one is reached, it must be the same.
   */
  readonly marks: readonly MessagePlace[]
}

/** Each break adds one at most. */
const maxMarks = 100

/** A position, and how many messages before it were removed unread; undefined where that cannot be known. */
export interface Found {
  readonly position: StreamPosition
  readonly lost: number | undefined
}

/** The newest message; undefined where there never was one, or its time is not known. */
const newestIn = ({ lastSeq, lastTime }: StreamContent): MessagePlace | undefined =>
  lastSeq > 0 && lastTime !== undefined ? { seq: lastSeq, time: lastTime } : undefined

/** These marks and another one behind them, if there is one. Of too many, the first and the last one matter most. */
const marksWith = (newest: MessagePlace | undefined, marks: readonly MessagePlace[] = []): readonly MessagePlace[] =>
  newest !== undefined && newest.seq > (marks.at(-1)?.seq ?? 0) ? [...marks.slice(0, maxMarks - 1), newest] : marks

/** What the stream has by now is not later than this. */
export const endOf = ({ lastSeq, lastTime, nowMs }: StreamContent): MessagePlace => ({
  seq: lastSeq,
  time: lastTime ?? BigInt(Math.ceil(nowMs)) * 1_000_000n,
})

/** Whether a message was in the stream already when it ended here. After a loss of the newest ones, sequence numbers are given again. */
export const isUpTo = ({ seq, time }: MessagePlace, end: MessagePlace): boolean => seq <= end.seq && time <= end.time

export const positionAt = (content: StreamContent, next: number | undefined): StreamPosition => ({
  created: content.created,
  next,
  last: undefined,
  marks: marksWith(newestIn(content)),
})

/** The position behind everything that the stream has. */
export const positionAtEnd = (content: StreamContent): StreamPosition => ({
  ...positionAt(content, content.lastSeq + 1),
  last: newestIn(content),
})

/** The place to read from after a break: the last message once more, by which another stream is recognized. */
export const readFrom = ({ last, next }: StreamPosition): number | undefined => last?.seq ?? next

/** Where to go on when the stream is there again. */
export function resumed(position: StreamPosition, content: StreamContent): Found {
  const { created, next, marks } = position
  const known = marks.at(-1)
  const isOther = content.created !== created
  // Without its newest messages, as after a power failure.
  const isShorter = known !== undefined && content.lastSeq < known.seq
  // Nothing was read yet, so what the one before had is lost.
  if (next === undefined && (isOther || isShorter)) return { position: positionAt(content, undefined), lost: undefined }
  if (isOther || (next !== undefined && content.lastSeq < next - 1)) return replaced(content)
  const ahead = isShorter ? [] : marks.filter(({ seq }) => seq >= (next ?? 0))
  const found = { ...position, marks: marksWith(newestIn(content), ahead) }
  if (next === undefined) return { position: found, lost: 0 }
  const from = Math.max(next, content.firstSeq)
  return { position: { ...found, next: from }, lost: isShorter ? undefined : from - next }
}

/** Another stream has the name: all of it is read. What the one before had unread is lost, however much that was. */
export const replaced = (content: StreamContent): Found => ({
  position: positionAt(content, content.firstSeq),
  lost: undefined,
})

/** What a message is: the next one; one that was read before; or one of another stream. */
export function moved(position: StreamPosition, { seq, time }: MessagePlace): Found | 'known' | 'replaced' {
  const { next = seq, last, marks } = position
  if (seq === last?.seq) return time === last.time ? 'known' : 'replaced'
  if (seq < next) return 'known'
  // What was read is still there, but some of what was not read is gone.
  const isOther = marks.some((mark) => mark.seq === seq && mark.time !== time)
  const ahead = marks.filter((mark) => mark.seq > seq)
  return {
    position: { ...position, next: seq + 1, last: { seq, time }, marks: ahead },
    lost: isOther ? undefined : seq - next,
  }
}

/** Nothing of what the stream had is left to come: what was not read was removed. */
export function readToEnd(position: StreamPosition, { lastSeq }: StreamContent): Found {
  const { next = lastSeq + 1 } = position
  if (next > lastSeq) return { position, lost: 0 }
  return { position: { ...position, next: lastSeq + 1 }, lost: lastSeq + 1 - next }
}
