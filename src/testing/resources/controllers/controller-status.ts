import type { ReleaseProfile } from '../../releases/release-profile.ts'

/** What Meshery runs in a cluster. */
export type ControllerName = 'BROKER' | 'MESHSYNC' | 'OPERATOR'

/** How a controller is, as a client should tell it: the wire has `UNKOWN` for `UNKNOWN`. Open, as Meshery's own list grows. */
export type ControllerStatus =
  | 'CONNECTED'
  | 'DEPLOYED'
  | 'DEPLOYING'
  | 'ENABLED'
  | 'NOTDEPLOYED'
  | 'RUNNING'
  | 'UNDEPLOYED'
  | 'UNKNOWN'
  | (string & {})

/** The status as a release spells it in its enum; v0.6 knows four. */
export function wireStatus(status: ControllerStatus, { release }: ReleaseProfile): string {
  if (status === 'UNKNOWN') return 'UNKOWN'
  return release === 'v0.6' ? (early[status] ?? 'UNKOWN') : status
}

const early: Readonly<Record<string, string>> = {
  CONNECTED: 'DEPLOYED',
  DEPLOYED: 'DEPLOYED',
  DEPLOYING: 'DEPLOYING',
  ENABLED: 'DEPLOYED',
  NOTDEPLOYED: 'NOTDEPLOYED',
  RUNNING: 'DEPLOYED',
  UNDEPLOYED: 'NOTDEPLOYED',
}

/** The status in the enum of the queries `getMeshsyncStatus` and `getNatsStatus`, which has other values. */
export const queryStatus = (wire: string): string => ofQueries[wire] ?? 'UNKNOWN'

const ofQueries: Readonly<Record<string, string>> = {
  CONNECTED: 'CONNECTED',
  DEPLOYED: 'ENABLED',
  DEPLOYING: 'PROCESSING',
  ENABLED: 'ENABLED',
  NOTDEPLOYED: 'DISABLED',
  RUNNING: 'ENABLED',
  UNDEPLOYED: 'DISABLED',
}

/** The status in the words of MeshKit, which REST has for MeshSync and the broker. */
export const statusText = (status: ControllerStatus): string => texts[status] ?? 'unknown'

/** Where Meshery reaches a broker. */
export const endpoint = 'nats://10.96.12.7:4222'

const texts: Readonly<Record<string, string>> = {
  CONNECTED: 'Connected',
  DEPLOYED: 'Deployed',
  DEPLOYING: 'Deploying',
  ENABLED: 'Enabled',
  NOTDEPLOYED: 'Not Deployed',
  RUNNING: 'Running',
  UNDEPLOYED: 'Undeployed',
  UNKNOWN: 'Unknown',
}
