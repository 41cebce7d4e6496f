import {
  type Change,
  changes,
  type K8sContext,
  type K8sContextsPage,
  type Meshery,
  type MesheryControllersStatusListItem,
} from '../index.ts'
import type { FakeMeshery } from '../testing/index.ts'

/** Two states that the demo follows. */
export interface FollowedStates {
  /** Resolves when both have begun. */
  readonly ready: Promise<unknown>
  /** Resolves when both are closed and every change is printed; rejects when one of them fails. */
  readonly printed: Promise<unknown>
  /** Whether what the changes add up to is what the fake has. */
  agree(): boolean
  close(): Promise<unknown>
  /** What happens on the server. */
  readonly change: {
    restart(): void
    finish(): void
    connect(): void
    upgrade(): void
    remove(): void
  }
}

type Controller = MesheryControllersStatusListItem

/** Follows the contexts and the controllers of the fake, and prints each change in one line. */
export function followStates(
  meshery: Meshery,
  fake: FakeMeshery,
  print: (text: string) => Promise<void>,
): FollowedStates {
  const names = new Map<string, string>()
  const set = (connection: string, status: 'DEPLOYING' | 'RUNNING'): void =>
    fake.controllers.set(connection, 'MESHSYNC', { status, version: 'v0.8.5' })
  const connect = (name: string): string => {
    const { connection_id } = fake.contexts.add({ name, version: 'v1.31.4' })
    names.set(connection_id, name)
    // Without the broker Meshery does not see MeshSync, and it reports a missing operator in words.
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED', version: 'v0.8.1' })
    fake.controllers.set(connection_id, 'BROKER', { status: 'DEPLOYED', version: 'v2.10.5' })
    set(connection_id, 'RUNNING')
    return connection_id
  }
  const dev = connect('k8s-dev')
  let prod = ''
  const contexts = meshery.subscribeK8sContext({ all: true })
  const controllers = meshery.subscribeMesheryControllersStatus()
  const held = { contexts: new Map<string, K8sContext>(), controllers: new Map<string, Controller>() }

  const printed = Promise.all([
    keep(changes<K8sContextsPage>(contexts), held.contexts, (kind, { name, version }) =>
      print(`context ${name} ${kind}: Kubernetes ${version}`),
    ),
    keep(changes<readonly Controller[]>(controllers), held.controllers, (kind, { connectionID, controller, status }) =>
      print(`${controller} of ${names.get(connectionID)} ${kind}: ${status}`),
    ),
  ])
  // A rejection is handled by the later `await`, and is no unhandled one until then.
  printed.catch(() => {})
  return {
    ready: Promise.all([contexts.ready, controllers.ready]),
    printed,
    agree: () =>
      same(
        [...held.contexts.values()].map(({ id, name, version }) => `${id} ${name} ${version}`),
        fake.contexts.rows.map(({ id, name, version }) => `${id} ${name} ${version}`),
      ) && same([...held.controllers.values()].map(controllerText), fake.controllers.rows.map(controllerText)),
    close: () => Promise.all([contexts.close(), controllers.close()]),
    change: {
      restart: () => set(dev, 'DEPLOYING'),
      finish: () => set(dev, 'RUNNING'),
      connect() {
        prod = connect('k8s-prod')
      },
      upgrade: () => void fake.contexts.update(dev, { version: 'v1.32.1' }),
      remove() {
        fake.controllers.remove(prod)
        fake.contexts.remove(prod)
      },
    },
  }
}

/** Applies every change to what is held, after printing it. */
async function keep<Item>(
  found: AsyncIterable<Change<Item>>,
  held: Map<string, Item>,
  print: (kind: string, item: Item) => Promise<void>,
): Promise<void> {
  for await (const change of found) {
    await print(change.kind, change.kind === 'removed' ? change.before : change.value)
    if (change.kind === 'removed') held.delete(change.key)
    else held.set(change.key, change.value)
  }
}

const controllerText = (one: {
  readonly connectionID: string
  readonly controller: string
  readonly status: string
  readonly version: string | null
}): string => `${one.connectionID} ${one.controller} ${one.status} ${one.version}`

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && new Set([...a, ...b]).size === a.length
