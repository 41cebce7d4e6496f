import type { ActiveFaults } from '../faults/active-faults.ts'
import type { ReleaseProfile } from '../releases/release-profile.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { LiveChannels } from './live-channels.ts'
import type { RequestLog } from './request-log.ts'
import type { TcpConnections } from './tcp-connections.ts'
import type { Timers } from './timers.ts'

/** What every part of one fake shares. */
export interface FakeEnvironment {
  /** The profile of the present release. `become` replaces it, so read it anew each time. */
  readonly releaseProfile: ReleaseProfile
  /** The time of the fake in milliseconds since 1970. */
  readonly clock: () => number
  /** Milliseconds between two keep-alive comments of an SSE stream. */
  readonly keepAliveMs: number
  readonly activeFaults: ActiveFaults
  readonly timers: Timers
  readonly requestLog: RequestLog
  readonly identityProvider: IdentityProvider
  readonly liveChannels: LiveChannels
  readonly tcpConnections: TcpConnections
}
