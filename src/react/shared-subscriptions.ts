import type { Meshery } from '../surface.ts'
import { type ConnectionStatus, connectionOf, idleConnection } from './connection-status.ts'
import type { FollowListener, FollowSource } from './follow-source.ts'
import { SharedSubscription } from './shared-subscription.ts'
import type { ContentView } from './view.ts'

/** The connection status over all subscriptions of a provider, and who listens to it. */
export class ConnectionBoard {
  readonly #subscriptions = new Set<Pick<SharedSubscription<never, unknown>, 'status'>>()
  readonly #listeners = new Set<() => void>()
  #status: ConnectionStatus = idleConnection

  /** The same object until it changes. */
  get status(): ConnectionStatus {
    return this.#status
  }

  /** Bound, since React takes it as a function. */
  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  add(subscription: Pick<SharedSubscription<never, unknown>, 'status'>): void {
    this.#subscriptions.add(subscription)
  }

  delete(subscription: Pick<SharedSubscription<never, unknown>, 'status'>): void {
    this.#subscriptions.delete(subscription)
    this.update()
  }

  update(): void {
    const statuses = [...this.#subscriptions].flatMap(({ status }) => (status ? [status] : []))
    const status = connectionOf(statuses)
    if (isSame(status, this.#status)) return
    this.#status = status
    for (const listener of [...this.#listeners]) listener()
  }
}

const isSame = (a: ConnectionStatus, b: ConnectionStatus): boolean =>
  a.state === b.state &&
  a.transport === b.transport &&
  a.attempt === b.attempt &&
  a.reason === b.reason &&
  a.nextRetryAt?.getTime() === b.nextRetryAt?.getTime()

/** The shared subscriptions of one stream, by the key of their arguments. */
export class SharedSubscriptions<Item, Content> {
  readonly #client: () => Meshery
  readonly #board: ConnectionBoard
  readonly #byKey = new Map<string, SharedSubscription<Item, Content>>()

  constructor(client: () => Meshery, board: ConnectionBoard) {
    this.#client = client
    this.#board = board
  }

  /** What is shown for this key; undefined while no hook follows it. */
  view(key: string): ContentView<Content> | undefined {
    return this.#byKey.get(key)?.view
  }

  listen(key: string, source: FollowSource<Item, Content>, listener: FollowListener<Item>): () => void {
    const shared = this.#byKey.get(key) ?? this.#add(key, source)
    return shared.listen(listener)
  }

  retry(key: string): void {
    this.#byKey.get(key)?.retry()
  }

  #add(key: string, source: FollowSource<Item, Content>): SharedSubscription<Item, Content> {
    const shared: SharedSubscription<Item, Content> = new SharedSubscription(source, {
      client: this.#client,
      changed: () => this.#board.update(),
      unused: () => {
        this.#byKey.delete(key)
        this.#board.delete(shared)
      },
    })
    this.#byKey.set(key, shared)
    this.#board.add(shared)
    return shared
  }
}
