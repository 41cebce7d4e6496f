import type { FakeEnvironment } from '../../network/environment.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID } from '../../wire/go.ts'
import type { Route, StreamRoute } from '../fake-resource.ts'
import { type ControllerName, endpoint, statusText, wireStatus } from './controller-status.ts'
import { type ControllerTable, type StoredController, sorted } from './controller-table.ts'

const folder = '/api/system/controllers'
const on = ({ websocket }: ReleaseProfile): boolean => !websocket

/** The one-shot reads of controllers, which only `current` has. A connection that is missing or unknown is not refused. */
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
    // In an active connection a controller that is missing has no name; elsewhere the handler fills it in.
    const name = found || !active ? (controller === 'BROKER' ? 'MesheryBroker' : 'MeshSync') : ''
    const blind = controller === 'MESHSYNC' && !find(connectionId, 'BROKER')
    const raised = found && !blind ? table.raised(found).status : 'UNKNOWN'
    const text = raised === 'CONNECTED' ? `Connected ${endpoint}` : statusText(raised)
    // The handler writes the enum's own value, misspelt, where it does not come to ask MeshKit.
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

/** The SSE stream: the whole list at first, and again whenever it differs, sorted. Inactive connections are left out. */
export const controllerStream = (environment: FakeEnvironment, table: ControllerTable): StreamRoute => ({
  path: `${folder}/status/subscribe`,
  on,
  begin: ({ query }, send) => {
    const wanted = query.getAll('connectionIds')
    let sent = ''
    const tell = (): void => {
      const items = sorted(table.ofActive(wanted)).map((row) => {
        const { connectionID: connectionId, controller, status, version } = table.raised(row)
        return { connectionId, controller, status: wireStatus(status, environment.releaseProfile), version }
      })
      const text = JSON.stringify(items)
      if (text === sent) return
      sent = text
      send(items)
    }
    tell()
    return table.changed.listen(tell)
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

/** What is only information leaves it healthy. */
function diagnose(connectionId: string, table: ControllerTable): object {
  const diagnostics: Diagnostic[] = []
  const there = table.ofActive([connectionId])
  const operator = there.find(({ controller }) => controller === 'OPERATOR')
  const broker = there.find(({ controller }) => controller === 'BROKER')
  if (!table.isActive(connectionId))
    diagnostics.push({ severity: 'info', code: 'connection_inactive', summary: 'The connection is not active.' })
  if (operator && ['NOTDEPLOYED', 'UNDEPLOYED'].includes(operator.status)) {
    const summary = 'Meshery Operator is not deployed.'
    diagnostics.push({ severity: 'warning', code: 'operator_not_deployed', summary, controller: 'OPERATOR' })
  }
  if (broker && ['CONNECTED', 'DEPLOYED', 'ENABLED', 'RUNNING'].includes(broker.status)) {
    if (broker.status !== 'CONNECTED' && !table.isLinked(connectionId)) {
      const [summary, remediation] = ['The broker cannot be reached.', ['Let Meshery reach the broker.']]
      const code = 'broker_unreachable'
      diagnostics.push({ severity: 'warning', code, summary, controller: 'BROKER', remediation, endpoint })
    }
    const summary = 'Broker networking: Direct endpoint'
    diagnostics.push({ severity: 'info', code: 'broker_networking', summary, controller: 'BROKER', endpoint })
  }
  return { connectionId, healthy: diagnostics.every(({ severity }) => severity === 'info'), diagnostics }
}
