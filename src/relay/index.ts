export type { EventCursor, EventPosition } from '../base/event-position.ts'
export { fileCursor } from '../cursor/file-cursor.ts'
export { type FileSinkOptions, fileDeadLetters, fileSink } from './file-sink.ts'
export type { Format } from './formats.ts'
export { type HttpSinkOptions, httpSink } from './http-sink.ts'
export { type NatsSinkOptions, natsSink } from './nats-sink.ts'
export { type RelayOptions, type RelaySettings, relay } from './relay.ts'
export type {
  CursorNotSavedNotice,
  ParkedNotice,
  RelayNotice,
  RetryNotice,
  SentNotice,
} from './relay-notice.ts'
export type { DeadLetter, DeadLetters, RelayEvent, Sink } from './sink.ts'
