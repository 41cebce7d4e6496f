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
  /** The message that was read last. */
  readonly last: MessagePlace | undefined
}

/** A position, and how many messages before it were removed unread; undefined where that cannot be known. */
export interface Found {
  readonly position: StreamPosition
  readonly lost: number | undefined
}

export const positionAt = ({ created }: StreamContent, next: number | undefined): StreamPosition => ({
  created,
  next,
  last: undefined,
})

/** The place to read from: the last message once more, by which another stream is recognized. */
export const readFrom = ({ last, next }: StreamPosition): number | undefined => last?.seq ?? next

/** Where to go on when the stream is there again. */
export function resumed(position: StreamPosition, content: StreamContent): Found {
  const { created, next } = position
  // Nothing was read yet, so what the one before had is lost.
  if (next === undefined)
    return { position: positionAt(content, undefined), lost: content.created === created ? 0 : undefined }
  // Made anew, or without its newest messages, as after a power failure.
  if (content.created !== created || content.lastSeq < next - 1) return replaced(content)
  if (content.firstSeq <= next) return { position, lost: 0 }
  return { position: { ...position, next: content.firstSeq }, lost: content.firstSeq - next }
}

/** Another stream has the name: all of it is read. What the one before had unread is lost, however much that was. */
export const replaced = (content: StreamContent): Found => ({
  position: positionAt(content, content.firstSeq),
  lost: undefined,
})

/** What a message is: the next one; one that was read before; or one of another stream. */
export function moved(position: StreamPosition, { seq, time }: MessagePlace): Found | 'known' | 'replaced' {
  const { next = seq, last } = position
  if (seq === last?.seq) return time === last.time ? 'known' : 'replaced'
  if (seq < next) return 'known'
  return { position: { ...position, next: seq + 1, last: { seq, time } }, lost: seq - next }
}
