import { channel } from 'node:diagnostics_channel'
import type { Channel, Topic } from '../base/observer.ts'

/** The channels of `node:diagnostics_channel` on which every client of this process publishes. */
export const channels: Readonly<Record<Topic, Channel>> = {
  notice: channel('meshery-live:notice'),
  connection: channel('meshery-live:connection'),
  event: channel('meshery-live:event'),
  request: channel('meshery-live:request'),
}
