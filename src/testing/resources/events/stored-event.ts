import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID, zeroTime } from '../../wire/go.ts'

/** A row of the fake's store under its canonical names, whatever the release calls its fields on the wire. */
export interface StoredEvent {
  /** A UUID v4 unless given. */
  readonly id: string
  /** The `systemID` for the system's own events; null for a user whose id is the nil UUID (the Local provider to v1.0). */
  readonly userID: string | null
  readonly actedUpon: string
  readonly operationID: string
  /** The same for every event of one fake. */
  readonly systemID: string
  readonly severity: string
  readonly action: string
  readonly status: string
  readonly category: string
  readonly description: string
  readonly metadata: Readonly<Record<string, unknown>> | null
  /** RFC 3339 text by the fake's clock, as Go writes it: trailing zeros of the fraction are left out. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly deletedAt: string | null
}

/** An event to add. Fields that are left out get default values. */
export interface NewEvent extends Partial<StoredEvent> {
  /** An event of the server itself: its user is the system, and it is listed with the others and never pushed. */
  readonly system?: boolean
}

/** The event under its names in REST and SSE. */
export function restEvent(event: StoredEvent, releaseProfile: ReleaseProfile): Record<string, unknown> {
  const user = event.userID ?? nilUUID
  const { id, severity, action, status, category, description, metadata } = event
  if (releaseProfile.snakeCase) {
    return {
      id,
      user_id: user,
      system_id: event.systemID,
      operation_id: event.operationID,
      acted_upon: event.actedUpon,
      action,
      category,
      description,
      severity,
      status,
      metadata,
      created_at: event.createdAt,
      updated_at: event.updatedAt,
      ...(event.deletedAt === null ? {} : { deleted_at: event.deletedAt }),
    }
  }
  return {
    actedUpon: event.actedUpon,
    action,
    category,
    createdAt: event.createdAt,
    ...(event.deletedAt === null ? {} : { deletedAt: event.deletedAt }),
    description,
    id,
    metadata,
    operationId: event.operationID,
    severity,
    status,
    systemId: event.systemID,
    updatedAt: event.updatedAt,
    [releaseProfile.userKey]: user,
  }
}

/**
 * The event as its producer pushes it. In releases that store a copy, it lacks what the store fills in: the id and `updatedAt`.
 */
export const builtEvent = (event: StoredEvent, { pushesId }: ReleaseProfile): StoredEvent =>
  pushesId ? event : { ...event, id: nilUUID, updatedAt: zeroTime }

/** The event as the resolver of `subscribeEvents` passes it on. Without the id of its row, both times are those of the delivery. */
export function graphqlEvent(
  event: StoredEvent,
  releaseProfile: ReleaseProfile,
  delivered: string,
): Record<string, unknown> {
  const user = event.userID ?? nilUUID
  const times = releaseProfile.pushesId ? {} : { createdAt: delivered, updatedAt: delivered }
  return { ...builtEvent(event, releaseProfile), userID: user, owner: user, ...times }
}
