import { channel } from 'node:diagnostics_channel'
import type { Channel, Topic } from './platform.ts'

/** The channels of `node:diagnostics_channel`, for every client of the process. */
export const channels: Readonly<Record<Topic, Channel>> = {
  notice: channel('meshery-live:notice'),
  connection: channel('meshery-live:connection'),
  event: channel('meshery-live:event'),
  request: channel('meshery-live:request'),
}
