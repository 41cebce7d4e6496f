import type { FakeEnvironment } from '../../network/environment.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID } from '../../wire/go.ts'
import type { Route, StreamRoute } from '../fake-resource.ts'
import { brokerEndpoint, type ControllerName, controllerNames, statusText, wireStatus } from './controller-status.ts'
import { type ControllerTable, type StoredController, sorted } from './controller-table.ts'

const folder = '/api/system/controllers'
const on = ({ websocket }: ReleaseProfile): boolean => !websocket

/** The REST reads of controllers, which only `current` has. They accept a missing or unknown connection. */
export function controllerRoutes(environment: FakeEnvironment, table: ControllerTable): readonly Route[] {
  const find = (connection: string, name: ControllerName): StoredController | undefined =>
    table.ofActive([connection]).find(({ controller }) => controller === name)

  const operator = (connectionId: string): object => {
    const { status, version } = find(connectionId, 'OPERATOR') ?? { status: 'UNKNOWN', version: '' }
    return { connectionId, controller: 'OPERATOR', status: wireStatus(status, environment.releaseProfile), version }
  }
  const other = (connectionId: string, controller: 'BROKER' | 'MESHSYNC'): object => {
    const found = find(connectionId, controller)
    const active = table.isActive(connectionId)
    // In an active connection a missing controller has no name; elsewhere the handler fills it in.
    const name = found || !active ? controllerNames[controller] : ''
    // Without a broker the server cannot see MeshSync.
    const isVisible = controller === 'BROKER' || find(connectionId, 'BROKER') !== undefined
    const reported = found && isVisible ? table.withBrokerLink(found).status : 'UNKNOWN'
    const text = reported === 'CONNECTED' ? `Connected ${brokerEndpoint}` : statusText(reported)
    // Where the handler does not ask MeshKit, it writes the misspelt value of the enum.
    return { name, version: found?.version ?? '', status: found ? text : 'UNKOWN', connectionId }
  }
  const route = (path: string, answer: (connection: string) => object): Route => ({
    path: `${folder}/${path}`,
    on,
    answer: ({ query }) => ({ json: answer(query.get('connectionId') ?? '') }),
  })
  return [
    route('operator/status', operator),
    route('meshsync/status', (connection) => other(connection, 'MESHSYNC')),
    route('broker/status', (connection) => other(connection, 'BROKER')),
    route('diagnostics', (connection) => diagnose(connection || nilUUID, table)),
  ]
}

/** The SSE stream: the sorted list at first, and again after each difference. Inactive connections are left out. */
export const controllerStream = (environment: FakeEnvironment, table: ControllerTable): StreamRoute => ({
  path: `${folder}/status/subscribe`,
  on,
  begin: ({ query }, send) => {
    const connectionIDs = query.getAll('connectionIds')
    let sent = ''
    const sendIfChanged = (): void => {
      const items = sorted(table.ofActive(connectionIDs)).map((row) => {
        const { connectionID: connectionId, controller, status, version } = table.withBrokerLink(row)
        return { connectionId, controller, status: wireStatus(status, environment.releaseProfile), version }
      })
      const text = JSON.stringify(items)
      if (text === sent) return
      sent = text
      send(items)
    }
    sendIfChanged()
    return table.changed.listen(sendIfChanged)
  },
})

interface Diagnostic {
  readonly severity: 'info' | 'warning' | 'error'
  readonly code: string
  readonly summary: string
  readonly controller?: ControllerName
  readonly remediation?: readonly string[]
  readonly endpoint?: string
}

/** The diagnostics of a connection. Those of severity `info` leave it healthy. */
function diagnose(connectionId: string, table: ControllerTable): object {
  const diagnostics: Diagnostic[] = []
  const controllers = table.ofActive([connectionId])
  const operator = controllers.find(({ controller }) => controller === 'OPERATOR')
  const broker = controllers.find(({ controller }) => controller === 'BROKER')
  if (!table.isActive(connectionId))
    diagnostics.push({ severity: 'info', code: 'connection_inactive', summary: 'The connection is not active.' })
  if (operator && ['NOTDEPLOYED', 'UNDEPLOYED'].includes(operator.status)) {
    const summary = 'Meshery Operator is not deployed.'
    diagnostics.push({ severity: 'warning', code: 'operator_not_deployed', summary, controller: 'OPERATOR' })
  }
  if (broker && ['CONNECTED', 'DEPLOYED', 'ENABLED', 'RUNNING'].includes(broker.status)) {
    const isReachable = broker.status === 'CONNECTED' || table.isLinked(connectionId)
    diagnostics.push(...(isReachable ? [] : [brokerUnreachable]), brokerNetworking)
  }
  return { connectionId, healthy: diagnostics.every(({ severity }) => severity === 'info'), diagnostics }
}

const brokerUnreachable: Diagnostic = {
  severity: 'warning',
  code: 'broker_unreachable',
  summary: 'The broker cannot be reached.',
  controller: 'BROKER',
  remediation: ['Let Meshery reach the broker.'],
  endpoint: brokerEndpoint,
}

const brokerNetworking: Diagnostic = {
  severity: 'info',
  code: 'broker_networking',
  summary: 'Broker networking: Direct endpoint',
  controller: 'BROKER',
  endpoint: brokerEndpoint,
}
