import type { ReleaseProfile } from '../../releases/release-profile.ts'

/** A component of Meshery that runs in a cluster. */
export type ControllerName = 'BROKER' | 'MESHSYNC' | 'OPERATOR'

/** The status of a controller, as a client should report it: the wire has `UNKOWN` for `UNKNOWN`. Open, because Meshery's list grows. */
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

/** The status as a release spells it in its enum; v0.6 has four values. */
export function wireStatus(status: ControllerStatus, { release }: ReleaseProfile): string {
  if (status === 'UNKNOWN') return 'UNKOWN'
  return release === 'v0.6' ? (v06Status[status] ?? 'UNKOWN') : status
}

const v06Status: Readonly<Record<string, string>> = {
  CONNECTED: 'DEPLOYED',
  DEPLOYED: 'DEPLOYED',
  DEPLOYING: 'DEPLOYING',
  ENABLED: 'DEPLOYED',
  NOTDEPLOYED: 'NOTDEPLOYED',
  RUNNING: 'DEPLOYED',
  UNDEPLOYED: 'NOTDEPLOYED',
}

/** The status in the enum of the queries `getMeshsyncStatus` and `getNatsStatus`, which has other values. */
export const queryStatus = (wire: string): string => byWireStatus[wire] ?? 'UNKNOWN'

const byWireStatus: Readonly<Record<string, string>> = {
  CONNECTED: 'CONNECTED',
  DEPLOYED: 'ENABLED',
  DEPLOYING: 'PROCESSING',
  ENABLED: 'ENABLED',
  NOTDEPLOYED: 'DISABLED',
  RUNNING: 'ENABLED',
  UNDEPLOYED: 'DISABLED',
}

/** The status in the words of MeshKit, which REST uses for MeshSync and the broker. */
export const statusText = (status: ControllerStatus): string => meshkitTexts[status] ?? 'unknown'

/** The names of the controllers in REST and in the queries. */
export const controllerNames = { BROKER: 'MesheryBroker', MESHSYNC: 'MeshSync' } as const

/** The address of a broker. */
export const brokerEndpoint = 'nats://10.96.12.7:4222'

const meshkitTexts: Readonly<Record<string, string>> = {
  CONNECTED: 'Connected',
  DEPLOYED: 'Deployed',
  DEPLOYING: 'Deploying',
  ENABLED: 'Enabled',
  NOTDEPLOYED: 'Not Deployed',
  RUNNING: 'Running',
  UNDEPLOYED: 'Undeployed',
  UNKNOWN: 'Unknown',
}
