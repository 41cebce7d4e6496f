import { MesheryError } from './errors.ts'

/** How far a program has come: the last event that it has handled, or the moment of its first start, as an ISO time by its own clock. */
export type EventPosition = { readonly id: string; readonly createdAt: string | null } | { readonly startedAt: string }

/** Where a program keeps its position: a file, a database, the storage of a page. */
export interface EventCursor {
  /** The position that was saved last. Undefined or null: none yet. */
  load(): Promise<EventPosition | null | undefined> | EventPosition | null | undefined
  /** Keeps the position. It counts as kept when this has returned, or when its promise resolves. */
  save(position: EventPosition): Promise<void> | void
}

/**
 * The position that a cursor gave; undefined if it has none yet.
 * @throws MesheryError INVALID_OPTION
 */
export async function loadPosition(cursor: EventCursor): Promise<EventPosition | undefined> {
  const saved = await cursor.load()
  if (saved === undefined || saved === null) return undefined
  if (isEventPosition(saved)) return saved
  throw new MesheryError('INVALID_OPTION', 'What `load` gave is no position', { phase: 'options' })
}

/** Whether this is a position: what comes out of a file or a storage need not be one. */
export function isEventPosition(value: unknown): value is EventPosition {
  if (typeof value !== 'object' || value === null) return false
  if ('startedAt' in value) return typeof value.startedAt === 'string' && !Number.isNaN(Date.parse(value.startedAt))
  if (!('id' in value) || typeof value.id !== 'string' || !('createdAt' in value)) return false
  return value.createdAt === null || typeof value.createdAt === 'string'
}
