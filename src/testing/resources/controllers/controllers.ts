import type { FieldSource, OperationSink, RequestOrigin } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import type { FakeContexts } from '../contexts/contexts.ts'
import type { FakeResource, Route, StreamRoute } from '../fake-resource.ts'
import { textsOf } from '../listing.ts'
import { controllerRoutes, controllerStream } from './controller-routes.ts'
import {
  type ControllerName,
  type ControllerStatus,
  endpoint,
  queryStatus,
  statusText,
  wireStatus,
} from './controller-status.ts'
import { ControllerTable, type StoredController, sorted } from './controller-table.ts'

/**
 * The controllers of the fake, by connection. A release tells of a change at once, in its own way: v0.6 to v1.0.52 by a list of
 * the one that changed, `current` by the whole list over SSE. v0.7 tells of every context, by its own id, whatever it is asked for.
 *
 * ```ts
 * const { connection_id } = fake.contexts.add()
 * fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
 * fake.controllers.brokerLink(connection_id)
 * ```
 */
export interface FakeControllers {
  /** Sets a controller of a connection. The connection is active from then on, unless `active` says otherwise. */
  set(connectionID: string, controller: ControllerName, state: ControllerState): void
  /** Takes a controller away, or all of a connection. The subscription over WebSocket never tells that. */
  remove(connectionID: string, controller?: ControllerName): void
  /**
   * Whether this server process has a state machine for the connection. Where it has none, the subscription and the SSE stream leave
   * the connection out, and everything else calls its controllers `UNKOWN`.
   */
  active(connectionID: string, on?: boolean): void
  /**
   * Whether the server holds a link to the broker of a connection. While it does, `current` raises MESHSYNC and BROKER from
   * DEPLOYED, ENABLED and RUNNING to CONNECTED; no other release does. Default of a connection: no link.
   */
  brokerLink(connectionID: string, on?: boolean): void
  /**
   * Whether v0.7 has handlers of controllers at all: after a restart it has none until somebody opens a context. Without them its
   * subscription fails with `data: null`, and it does not know the operator. Real servers have those of one connection alone, that was
   * opened last: named here, its subscription leaves out the others, whose MeshSync and broker the queries know. Default: of all.
   */
  handlers(of: boolean | string): void
  /** All as they were set, in the order of `connectionID` and `controller`. */
  readonly rows: readonly StoredController[]
}

/** How a controller is. `version` is an empty text unless given, as where Meshery cannot find it out. */
export interface ControllerState {
  readonly status: ControllerStatus
  readonly version?: string
}

/** Keeps the `FakeControllers`, and answers for them. */
export class Controllers implements FakeControllers, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #contexts: FakeContexts
  readonly #table = new ControllerTable()
  #handlers: boolean | string = true
  readonly routes: readonly Route[]
  readonly streams: readonly StreamRoute[]
  readonly sources: Readonly<Record<string, FieldSource>> = {
    subscribeMesheryControllersStatus: ({ connectionIDs }, sink, from) => {
      const { release } = this.#environment.releaseProfile
      if (release === 'v0.6') return this.#subscribeEarly(sink, from)
      if (release === 'v0.7') return this.#subscribeAll(sink)
      return this.#subscribe(textsOf(connectionIDs), sink)
    },
    getOperatorStatus: (args, sink) => {
      const { release } = this.#environment.releaseProfile
      if (release === 'v0.6') sink.next(this.#earlyOperator(args))
      else sink.next(release === 'v0.7' ? this.#contextOperator(args) : this.#operator(args))
      return () => {}
    },
    getMeshsyncStatus: (args, sink) => this.#tellOther(args, 'MESHSYNC', sink),
    getNatsStatus: (args, sink) => this.#tellOther(args, 'BROKER', sink),
  }

  constructor(environment: FakeEnvironment, contexts: FakeContexts) {
    this.#environment = environment
    this.#contexts = contexts
    this.routes = controllerRoutes(environment, this.#table)
    this.streams = [controllerStream(environment, this.#table)]
  }

  get rows(): readonly StoredController[] {
    return sorted(this.#table.all())
  }

  set(connectionID: string, controller: ControllerName, { status, version = '' }: ControllerState): void {
    this.#table.set({ connectionID, controller, status, version })
  }

  remove(connectionID: string, controller?: ControllerName): void {
    this.#table.remove(connectionID, controller)
  }

  active(connectionID: string, on = true): void {
    this.#table.activate(connectionID, on)
  }

  brokerLink(connectionID: string, on = true): void {
    this.#table.link(connectionID, on)
  }

  handlers(of: boolean | string): void {
    this.#handlers = of
  }

  /**
   * Everything known at first, then each that differs from what was sent of it, in a list of its own. Of a connection of which nothing
   * was known at first, DEPLOYED is never told, not even after another status: servers since v0.7 take it for known there.
   */
  #subscribe(connections: readonly string[] | undefined, sink: OperationSink): () => void {
    const sent = new Map<string, string>()
    const early = this.#environment.releaseProfile.release === 'v0.6'
    let atFirst: ReadonlySet<string> | undefined
    const changed = (): readonly Record<string, unknown>[] => {
      const rows = this.#table.ofActive(connections)
      atFirst ??= new Set(rows.map(({ connectionID }) => connectionID))
      const items = rows
        .filter((row) => atFirst?.has(row.connectionID) || row.status !== 'DEPLOYED' || early)
        .map((row) => this.#item(row))
      const news = items.filter((item) => sent.get(keyOf(item)) !== JSON.stringify(item))
      for (const item of news) sent.set(keyOf(item), JSON.stringify(item))
      return news
    }
    sink.next(changed())
    return this.#table.changed.listen(() => {
      for (const item of changed()) sink.next([item])
    })
  }

  #subscribeAll(sink: OperationSink): () => void {
    if (this.#handlers) return this.#subscribe(this.#handlers === true ? undefined : [this.#handlers], sink)
    sink.fail(new Error(`Could not create meshery controllers status subcription: ${noHandlers}`))
    return () => {}
  }

  /** v0.6 looks at the URL of the upgrade, not at the argument. */
  #subscribeEarly(sink: OperationSink, { contexts }: RequestOrigin): () => void {
    const connections = contexts.flatMap((context) => this.#connectionOf(context) ?? [])
    if (connections.length > 0) return this.#subscribe(connections, sink)
    sink.fail(new Error('Current Kubernetes context is not valid'))
    return () => {}
  }

  #item(row: StoredController): Record<string, unknown> {
    const status = wireStatus(row.status, this.#environment.releaseProfile)
    return { ...row, status, contextId: this.#contextOf(row.connectionID) }
  }

  #find(connectionID: string, controller: ControllerName): StoredController | undefined {
    return this.#table.ofActive([connectionID]).find((row) => row.controller === controller)
  }

  #operator({ connectionID }: Args): Record<string, unknown> {
    const connection = String(connectionID)
    const none = { connectionID: connection, controller: 'OPERATOR' as const, status: 'UNKNOWN', version: '' }
    return this.#item(this.#find(connection, 'OPERATOR') ?? none)
  }

  /** By the id of a context, without a version. */
  #contextOperator({ k8scontextID }: Args): Record<string, unknown> {
    const connection = this.#connectionOf(String(k8scontextID)) ?? ''
    const handled = this.#handlers === true || this.#handlers === connection
    const found = handled ? this.#find(connection, 'OPERATOR') : undefined
    const status = found?.status ?? 'UNKNOWN'
    const row = { connectionID: '', controller: 'OPERATOR' as const, status, version: '' }
    return { ...this.#item(row), contextId: k8scontextID }
  }

  /** v0.7 looks up the context of the connection, or the context itself where it has no connection, and fails without one. */
  #tellOther(args: Args, controller: 'BROKER' | 'MESHSYNC', sink: OperationSink): () => void {
    const known = this.#contexts.rows.some(({ id, connection_id }) => (connection_id || id) === args['connectionID'])
    if (this.#environment.releaseProfile.release === 'v0.7' && !known)
      sink.fail(new Error('Meshery client is not initialized'))
    else sink.next(this.#other(args, controller))
    return () => {}
  }

  #earlyOperator(args: Args): Record<string, unknown> {
    const contextID = String(args['k8scontextID'])
    const found = this.#find(this.#connectionOf(contextID) ?? contextID, 'OPERATOR')
    const status = queryStatus(found ? wireStatus(found.status, this.#environment.releaseProfile) : '')
    const controllers = [this.#other(args, 'BROKER'), this.#other(args, 'MESHSYNC')]
    return { status, version: found?.version ?? '', controllers, error: null, contextID }
  }

  #other(args: Args, controller: 'BROKER' | 'MESHSYNC'): Record<string, unknown> {
    const contextID = String(args['k8scontextID'] ?? '')
    const connectionID = String(args['connectionID'] ?? this.#connectionOf(contextID) ?? contextID)
    const found = this.#find(connectionID, controller)
    const name = found ? (controller === 'BROKER' ? 'MesheryBroker' : 'MeshSync') : ''
    const told = { name, version: found?.version ?? '', error: null, connectionID, contextID }
    if (this.#environment.releaseProfile.release === 'v0.6')
      return { ...told, status: queryStatus(found ? wireStatus(found.status, this.#environment.releaseProfile) : '') }
    // MeshKit's words in the place of the enum's, since gqlgen lets them pass; with the broker's address.
    const words = statusText(found?.status ?? 'UNKNOWN')
    return { ...told, status: words === 'Connected' ? `${words} ${endpoint}` : words }
  }

  /** A context without a connection goes by its own id. */
  #connectionOf(context: string): string | undefined {
    const found = this.#contexts.rows.find(({ id }) => id === context)
    return found && (found.connection_id || found.id)
  }

  /** A connection that no context has goes by its own id. */
  #contextOf(connection: string): string {
    return this.#contexts.rows.find(({ connection_id }) => connection_id === connection)?.id ?? connection
  }
}

const noHandlers = 'Meshery controller handlers may not be available'

type Args = Readonly<Record<string, unknown>>

const keyOf = ({ connectionID, controller }: Readonly<Record<string, unknown>> | StoredController): string =>
  `${String(connectionID)} ${String(controller)}`
