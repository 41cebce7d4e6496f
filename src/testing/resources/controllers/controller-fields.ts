import type { FieldSource, OperationSink, RequestOrigin } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import type { FakeContexts } from '../contexts/contexts.ts'
import { textsOf } from '../listing.ts'
import {
  brokerEndpoint,
  type ControllerName,
  controllerNames,
  queryStatus,
  statusText,
  wireStatus,
} from './controller-status.ts'
import type { ControllerTable, StoredController } from './controller-table.ts'

type Args = Readonly<Record<string, unknown>>
type Item = Readonly<Record<string, unknown>>

const noHandlers = 'Meshery controller handlers may not be available'

/** The GraphQL fields of controllers. */
export class ControllerFields {
  readonly #environment: FakeEnvironment
  readonly #contexts: FakeContexts
  readonly #table: ControllerTable
  /** Of all connections, of none, or of this one. */
  handlers: boolean | string = true
  readonly sources: Readonly<Record<string, FieldSource>> = {
    subscribeMesheryControllersStatus: ({ connectionIDs }, sink, origin) => {
      const { release } = this.#environment.releaseProfile
      if (release === 'v0.6') return this.#subscribeV06(sink, origin)
      if (release === 'v0.7') return this.#subscribeV07(sink)
      return this.#subscribe(textsOf(connectionIDs), sink)
    },
    getOperatorStatus: (args, sink) => {
      const { release } = this.#environment.releaseProfile
      if (release === 'v0.6') sink.next(this.#operatorV06(args))
      else sink.next(release === 'v0.7' ? this.#operatorV07(args) : this.#operator(args))
      return () => {}
    },
    getMeshsyncStatus: (args, sink) => this.#sendOther(args, 'MESHSYNC', sink),
    getNatsStatus: (args, sink) => this.#sendOther(args, 'BROKER', sink),
  }

  constructor(environment: FakeEnvironment, contexts: FakeContexts, table: ControllerTable) {
    this.#environment = environment
    this.#contexts = contexts
    this.#table = table
  }

  /**
   * Sends everything known at first, then each item that differs from the one that was sent, in a list of its own. Servers since v0.7
   * never send DEPLOYED, not even after another status, for a connection of which they knew nothing at first.
   */
  #subscribe(connections: readonly string[] | undefined, sink: OperationSink): () => void {
    const sent = new Map<string, string>()
    const isV06 = this.#environment.releaseProfile.release === 'v0.6'
    const knownAtFirst = new Set(this.#table.ofActive(connections).map(({ connectionID }) => connectionID))
    const changed = (): readonly Item[] => {
      const items = this.#table
        .ofActive(connections)
        .filter((row) => knownAtFirst.has(row.connectionID) || row.status !== 'DEPLOYED' || isV06)
        .map((row) => this.#item(row))
        .filter((item) => sent.get(keyOf(item)) !== JSON.stringify(item))
      for (const item of items) sent.set(keyOf(item), JSON.stringify(item))
      return items
    }
    sink.next(changed())
    return this.#table.changed.listen(() => {
      for (const item of changed()) sink.next([item])
    })
  }

  /** v0.7 ignores the argument, and sends the controllers of all connections with handlers. */
  #subscribeV07(sink: OperationSink): () => void {
    if (this.handlers) return this.#subscribe(this.handlers === true ? undefined : [this.handlers], sink)
    sink.fail(new Error(`Could not create meshery controllers status subcription: ${noHandlers}`))
    return () => {}
  }

  /** v0.6 ignores the argument, and uses the contexts in the URL of the upgrade. */
  #subscribeV06(sink: OperationSink, { contexts }: RequestOrigin): () => void {
    const connections = contexts.flatMap((context) => this.#connectionOf(context) ?? [])
    if (connections.length > 0) return this.#subscribe(connections, sink)
    sink.fail(new Error('Current Kubernetes context is not valid'))
    return () => {}
  }

  #item(row: StoredController): Item {
    const status = wireStatus(row.status, this.#environment.releaseProfile)
    return { ...row, status, contextId: this.#contextOf(row.connectionID) }
  }

  #find(connectionID: string, controller: ControllerName): StoredController | undefined {
    return this.#table.ofActive([connectionID]).find((row) => row.controller === controller)
  }

  #operator({ connectionID }: Args): Item {
    const connection = String(connectionID)
    return this.#item(this.#find(connection, 'OPERATOR') ?? unknownOperator(connection))
  }

  /** v0.7 finds the operator by the id of a context, and reports no version. */
  #operatorV07({ k8scontextID }: Args): Item {
    const connection = this.#connectionOf(String(k8scontextID)) ?? ''
    const hasHandlers = this.handlers === true || this.handlers === connection
    const found = hasHandlers ? this.#find(connection, 'OPERATOR') : undefined
    const row = { ...unknownOperator(''), ...(found && { status: found.status }) }
    return { ...this.#item(row), contextId: k8scontextID }
  }

  #operatorV06(args: Args): Item {
    const contextID = String(args['k8scontextID'])
    const found = this.#find(this.#connectionOf(contextID) ?? contextID, 'OPERATOR')
    const controllers = [this.#other(args, 'BROKER'), this.#other(args, 'MESHSYNC')]
    return { status: this.#queryStatus(found), version: found?.version ?? '', controllers, error: null, contextID }
  }

  /** v0.7 finds the context of the connection, or the context itself if it has no connection, and fails without one. */
  #sendOther(args: Args, controller: 'BROKER' | 'MESHSYNC', sink: OperationSink): () => void {
    const isKnown = this.#contexts.rows.some(({ id, connection_id }) => (connection_id || id) === args['connectionID'])
    if (this.#environment.releaseProfile.release === 'v0.7' && !isKnown)
      sink.fail(new Error('Meshery client is not initialized'))
    else sink.next(this.#other(args, controller))
    return () => {}
  }

  #other(args: Args, controller: 'BROKER' | 'MESHSYNC'): Item {
    const contextID = String(args['k8scontextID'] ?? '')
    const connectionID = String(args['connectionID'] ?? this.#connectionOf(contextID) ?? contextID)
    const found = this.#find(connectionID, controller)
    const name = found ? controllerNames[controller] : ''
    const item = { name, version: found?.version ?? '', error: null, connectionID, contextID }
    if (this.#environment.releaseProfile.release === 'v0.6') return { ...item, status: this.#queryStatus(found) }
    // Instead of a value of the enum, Meshery sends MeshKit's words and the address of the broker.
    const text = statusText(found?.status ?? 'UNKNOWN')
    return { ...item, status: text === 'Connected' ? `${text} ${brokerEndpoint}` : text }
  }

  /** The status in the queries of v0.6. */
  #queryStatus(found: StoredController | undefined): string {
    return queryStatus(found ? wireStatus(found.status, this.#environment.releaseProfile) : '')
  }

  /** The connection of a context. A context without one is identified by its own id. */
  #connectionOf(context: string): string | undefined {
    const found = this.#contexts.rows.find(({ id }) => id === context)
    return found && (found.connection_id || found.id)
  }

  /** The context of a connection. A connection without one is identified by its own id. */
  #contextOf(connection: string): string {
    return this.#contexts.rows.find(({ connection_id }) => connection_id === connection)?.id ?? connection
  }
}

const unknownOperator = (connectionID: string): StoredController => ({
  connectionID,
  controller: 'OPERATOR',
  status: 'UNKNOWN',
  version: '',
})

const keyOf = ({ connectionID, controller }: Item): string => `${String(connectionID)} ${String(controller)}`
