import { type Release, releaseProfiles } from '../../src/testing/releases/release-profile.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { liveReleases, type Span } from '../releases/live-releases.ts'
import type { Documented } from './declared.ts'

/** The Meshery releases for which a release of the fake is an example. */
export const lines: Readonly<Record<Release, string>> = {
  'v0.6': 'v0.6',
  'v0.7': 'early v0.7',
  'v0.8': 'late v0.7, v0.8',
  'v1.0': 'v1.0.0 to v1.0.51',
  'v1.0.52': 'v1.0.52 to v1.0.55',
  current: 'v1.0.56 and later',
}

/** The usual name of a transport. */
export const transportTitles: Readonly<Record<TransportName, string>> = {
  websocket: 'WebSocket',
  sse: 'SSE',
  polling: 'polling',
}

const numbers = (version: string): number[] => version.slice(1).split('.').map(Number)

const isBefore = (one: string, other: string): boolean => {
  const [a, b] = [numbers(one), numbers(other)]
  const at = [0, 1, 2].find((index) => (a[index] ?? 0) !== (b[index] ?? 0)) ?? 0
  return (a[at] ?? 0) < (b[at] ?? 0)
}

const has = (release: Release, span: Span | undefined): boolean => {
  const { build } = releaseProfiles[release]
  return span !== undefined && !isBefore(build, span.from) && (!span.until || !isBefore(span.until, build))
}

/** How a release serves a stream over a transport. */
export function availability(
  { name, documents, sse }: Documented['declared'],
  transport: TransportName,
  release: Release,
): 'live' | 'polled' | 'not there' {
  // REST and queries have every stream, on every release.
  if (transport === 'polling') return 'polled'
  const live = liveReleases[name]
  const there =
    transport === 'websocket'
      ? documents.length > 0 && has(release, live?.websocket)
      : sse !== undefined && has(release, live?.sse)
  return there ? 'live' : 'not there'
}
