// What the entries of all platforms export.

export type { EventCursor, EventPosition } from '../base/event-position.ts'
export { type ResumeOptions, resumeEvents } from './resume-events.ts'
