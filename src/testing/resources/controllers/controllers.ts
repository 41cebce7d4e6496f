import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import type { FakeContexts } from '../contexts/contexts.ts'
import type { FakeResource, Route, StreamRoute } from '../fake-resource.ts'
import { ControllerFields } from './controller-fields.ts'
import { controllerRoutes, controllerStream } from './controller-routes.ts'
import type { ControllerName, ControllerStatus } from './controller-status.ts'
import { ControllerTable, type StoredController, sorted } from './controller-table.ts'

/**
 * The controllers of the fake, by connection. A release reports a change at once, in its own way: v0.6 to v1.0.52 by a list of
 * the changed one, `current` by the whole list over SSE. v0.7 reports every context, by its own id, whatever the client asks for.
 *
 * ```ts
 * const { connection_id } = fake.contexts.add()
 * fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
 * fake.controllers.brokerLink(connection_id)
 * ```
 */
export interface FakeControllers {
  /** Sets a controller of a connection. The connection is active from then on, unless `active` deactivated it. */
  set(connectionID: string, controller: ControllerName, state: ControllerState): void
  /** Removes a controller, or all of a connection. The subscription over WebSocket never reports that. */
  remove(connectionID: string, controller?: ControllerName): void
  /**
   * Whether this server process has a state machine for the connection. Without one, the subscription and the SSE stream leave
   * the connection out, and everything else reports its controllers as `UNKOWN`.
   */
  active(connectionID: string, on?: boolean): void
  /**
   * Whether the server holds a link to the broker of a connection. While it does, `current` raises MESHSYNC and BROKER from
   * DEPLOYED, ENABLED and RUNNING to CONNECTED; no other release does. Default of a connection: no link.
   */
  brokerLink(connectionID: string, on?: boolean): void
  /**
   * Whether v0.7 has handlers of controllers at all: after a restart it has none until a user opens a context. Without them its
   * subscription fails with `data: null`, and it does not know the operator. Real servers have only those of the connection that was
   * opened last. If you name a connection, the subscription leaves out the others, but the queries know their MeshSync and broker.
   * Default: of all.
   */
  handlers(of: boolean | string): void
  /** All as they were set, in the order of `connectionID` and `controller`. */
  readonly rows: readonly StoredController[]
}

/** The state of a controller. `version` is an empty text unless given, as when Meshery cannot find it out. */
export interface ControllerState {
  readonly status: ControllerStatus
  readonly version?: string
}

/** Stores the `FakeControllers` and serves them. */
export class Controllers implements FakeControllers, FakeResource {
  readonly #table = new ControllerTable()
  readonly #fields: ControllerFields
  readonly routes: readonly Route[]
  readonly streams: readonly StreamRoute[]

  constructor(environment: FakeEnvironment, contexts: FakeContexts) {
    this.#fields = new ControllerFields(environment, contexts, this.#table)
    this.routes = controllerRoutes(environment, this.#table)
    this.streams = [controllerStream(environment, this.#table)]
  }

  get sources(): Readonly<Record<string, FieldSource>> {
    return this.#fields.sources
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
    this.#fields.handlers = of
  }
}
