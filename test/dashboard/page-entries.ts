import type { LoggedEvent } from '../../dashboard/events/event-log.ts'
import type { MesheryEvent } from '../../src/index.ts'

/** An event with what is given. */
export const eventOf = (given: Partial<MesheryEvent>): MesheryEvent => ({
  id: null,
  userID: null,
  actedUpon: null,
  operationID: null,
  systemID: null,
  severity: 'informational',
  action: 'create',
  status: 'unread',
  category: 'connection',
  description: null,
  metadata: null,
  createdAt: null,
  updatedAt: null,
  deletedAt: null,
  ...given,
})

/** The same as the page keeps it. */
export const entryOf = (key: string, given: Partial<MesheryEvent> = {}): LoggedEvent => ({
  key,
  event: eventOf(given),
  atMs: 0,
  searchText: (given.description ?? key).toLowerCase(),
  isWhole: true,
})
