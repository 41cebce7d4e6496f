import type { MesheryOptions } from '../client/options.ts'
import { browserPlatform } from '../platform/browser.ts'
import { createEventActionsOn } from './create-event-actions.ts'
import type { EventActions } from './event-actions.ts'

/**
 * Reads and changes the stored events of one Meshery Server. Nothing is sent before the first call.
 * @param options Those of `createMeshery`. What only a subscription uses has no effect.
 * @throws MesheryError INVALID_OPTION
 * @example
 * ```ts
 * import { createEventActions } from 'meshery-live/actions'
 *
 * await using actions = createEventActions({ url: 'https://meshery.example.com' })
 * const { events } = await actions.listEvents({ severity: 'error', status: 'unread' })
 * await actions.markRead(events.flatMap(({ id }) => id ?? []))
 * ```
 */
export const createEventActions = (options: MesheryOptions = {}): EventActions =>
  createEventActionsOn(browserPlatform, options)

export type * from './event-actions.ts'
