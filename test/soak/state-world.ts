import type { FakeMeshery, StoredContext } from '../../src/testing/index.ts'
import type { Dice } from './dice.ts'

const controllers = ['BROKER', 'MESHSYNC', 'OPERATOR'] as const
const statuses = [
  'CONNECTED',
  'DEPLOYED',
  'DEPLOYING',
  'ENABLED',
  'NOTDEPLOYED',
  'RUNNING',
  'UNDEPLOYED',
  'UNKNOWN',
] as const
const kinds = ['Deployment', 'Gateway', 'Pod', 'Service'] as const
export const namespaces = ['', 'default', 'istio'] as const
export const words = ['alpha', 'beta', 'gamma'] as const
const models = ['argo', 'istio', 'kubernetes', 'linkerd'] as const

/** The highest number of clusters: those that were removed come back with the same ids. */
const clusters = 5

export interface Ids {
  readonly id: string
  readonly connection_id: string
  readonly kubernetes_server_id: string
}

/** All ids of a cluster put clusters in the same order. */
export const idsOf = (number: number): Ids => {
  const uuid = (last: number): string =>
    `${String(number).padStart(8, '0')}-0000-4000-8000-${String(last).padStart(12, '0')}`
  return { id: String(number).padStart(32, '0'), connection_id: uuid(1), kubernetes_server_id: uuid(2) }
}

type Change = (world: StateWorld) => unknown

/** The part of the server's world that the states show, and how it changes. */
export class StateWorld {
  readonly fake: FakeMeshery
  readonly dice: Dice
  /** Whether the provider is a remote one. */
  readonly remote: boolean
  /** Whether the server is connected to each broker. */
  readonly linked: boolean
  #count = 0
  /** The highest number of rows of the registry so far: a change of the registry is detected by their number. */
  #most = { components: 0, relationships: 0 }
  /** How many changes were made. */
  changes = 0

  constructor(fake: FakeMeshery, dice: Dice, remote: boolean) {
    this.fake = fake
    this.dice = dice
    this.remote = remote
    this.linked = dice.chance(0.3)
    // Then the rows of the registry are counted.
    if (dice.chance(0.4)) fake.graphql('getMeshModelSummary', () => noSummary())
    for (let number = dice.whole(0, 2); number < 3; number++) comeAndGo(this)
    for (let number = dice.whole(1, 4); number > 0; number--) addProfile(this)
    for (let number = dice.chance(0.1) ? dice.whole(90, 230) : dice.whole(0, 4); number > 0; number--) addDesign(this)
    for (let number = dice.whole(0, 3); number > 0; number--) addFilter(this)
    for (let number = dice.whole(0, 3); number > 0; number--) addApplication(this)
    for (let number = dice.chance(0.1) ? dice.whole(90, 230) : dice.whole(1, 9); number > 0; number--)
      addToRegistry(this)
    this.#note()
  }

  /** A new number each time, which makes a value different from all before it. */
  next(): number {
    return ++this.#count
  }

  name(): string {
    return `${this.dice.pick(words)} ${this.next()}`
  }

  /** A time later than all before it. */
  moment(): { readonly updated_at: string } {
    return { updated_at: new Date(Date.UTC(2026, 0, 1) + this.next() * 1_000).toISOString() }
  }

  birth(): { readonly created_at: string; readonly updated_at: string } {
    const { updated_at } = this.moment()
    return { created_at: updated_at, updated_at }
  }

  one<Row>(rows: readonly Row[]): Row | undefined {
    return rows[this.dice.whole(0, rows.length - 1)]
  }

  /** Changes something at random; or nothing, where nothing can change. */
  change(): void {
    this.changes++
    let place = this.dice.next() * changes.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, change] of changes) {
      place -= weight
      if (place >= 0) continue
      change(this)
      break
    }
    this.#note()
  }

  #note(): void {
    const { components, relationships } = this.fake.registry
    this.#most = {
      components: Math.max(this.#most.components, components.length),
      relationships: Math.max(this.#most.relationships, relationships.length),
    }
  }

  /** The last changes: one of every kind, so that a subscription that missed them shows a difference. */
  lastChanges(): void {
    for (const [, change] of changes) change(this)
    const { registry } = this.fake
    // A new row, and more rows than ever.
    registry.addComponent({ version: `v${this.next()}` })
    registry.addRelationship({ subType: this.name(), version: `v${this.next()}` })
    while (registry.components.length <= this.#most.components) addComponent(this)
    while (registry.relationships.length <= this.#most.relationships) addRelationship(this)
  }
}

const noSummary = (): AsyncIterable<unknown> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('There is no summary')) }),
})

const contextOf = (world: StateWorld): StoredContext | undefined => world.one(world.fake.contexts.rows)

/** Adds a cluster with its controllers, or removes one with everything in it. */
function comeAndGo(world: StateWorld): void {
  const { fake, dice, linked } = world
  const ids = idsOf(dice.whole(1, clusters))
  const { connection_id, kubernetes_server_id } = ids
  if (fake.contexts.rows.some(({ id }) => id === ids.id)) {
    fake.contexts.remove(ids.id)
    fake.controllers.remove(connection_id)
    fake.resources.clear(kubernetes_server_id)
    return
  }
  fake.contexts.add({ ...ids, name: world.name(), ...world.birth() })
  fake.controllers.brokerLink(connection_id, linked)
  for (const controller of controllers) setController(world, connection_id, controller)
  for (let number = dice.whole(0, 4); number > 0; number--) count(world, kubernetes_server_id)
}

function setController({ fake, dice }: StateWorld, connection: string, name: (typeof controllers)[number]): void {
  const status = dice.pick(statuses)
  // Without a version, some releases leave an unknown controller out, and a known one has no version.
  const version = status !== 'UNKNOWN' && dice.chance(0.2) ? '' : `v0.${dice.whole(1, 9)}.0`
  fake.controllers.set(connection, name, { status, version })
}

function changeController(world: StateWorld): void {
  const { fake, dice } = world
  const context = contextOf(world)
  if (!context) return
  const name = dice.pick(controllers)
  // Without a broker, `current` does not send the status of MeshSync.
  if (name !== 'BROKER' && dice.chance(0.15)) fake.controllers.remove(context.connection_id, name)
  else setController(world, context.connection_id, name)
}

function count({ fake, dice }: StateWorld, cluster: string): void {
  const model = dice.chance(0.2) ? 'istio-base' : 'kubernetes'
  fake.resources.set(cluster, dice.pick(namespaces), dice.pick(kinds), dice.whole(0, 20), model)
}

function changeResources(world: StateWorld): void {
  const { fake, dice } = world
  const context = contextOf(world)
  if (context) count(world, context.kubernetes_server_id)
  if (dice.chance(0.2)) fake.resources.flood(dice.whole(1, 20))
}

function renameContext(world: StateWorld): void {
  const context = contextOf(world)
  if (context) world.fake.contexts.update(context.id, { name: world.name(), ...world.moment() })
}

function addProfile(world: StateWorld): void {
  world.fake.perf.addProfile({ name: world.name(), qps: world.dice.whole(0, 50), ...world.birth() })
}

function changeProfile(world: StateWorld): void {
  const { fake, dice } = world
  const profile = world.one(fake.perf.profiles)
  if (profile && dice.chance(0.2) && fake.perf.profiles.length > 1) fake.perf.removeProfile(profile.id)
  else if (profile) fake.perf.updateProfile(profile.id, { name: world.name(), ...world.moment() })
}

function finishRun(world: StateWorld): void {
  const { perf } = world.fake
  const profile = world.one(perf.profiles)
  if (!profile) return
  // Resolves once a subscriber takes it, which may never happen: one that has left would block the next run.
  void perf.finishRun(profile.id, { name: world.name(), server_metrics: { run: world.next() }, ...world.birth() })
  perf.updateProfile(profile.id, world.moment())
}

function addDesign(world: StateWorld): void {
  const type = world.dice.chance(0.5) ? { String: 'Helm Chart', Valid: true } : { String: '', Valid: false }
  world.fake.configuration.addPattern({ name: world.name(), type, ...world.birth() })
}

function changeDesign(world: StateWorld): void {
  const { fake, dice } = world
  const design = world.one(fake.configuration.patterns)
  if (!design || dice.chance(0.4)) addDesign(world)
  else if (dice.chance(0.5)) fake.configuration.removePattern(design.id)
  else fake.configuration.updatePattern(design.id, { name: world.name(), ...world.moment() })
}

function addFilter(world: StateWorld): void {
  world.fake.configuration.addFilter({ name: world.name(), filter_file: world.name(), ...world.birth() })
}

function changeFilter(world: StateWorld): void {
  const { fake, dice } = world
  const filter = world.one(fake.configuration.filters)
  if (!filter || dice.chance(0.4)) addFilter(world)
  else if (dice.chance(0.5)) fake.configuration.removeFilter(filter.id)
  else fake.configuration.updateFilter(filter.id, { name: world.name(), ...world.moment() })
}

function addApplication(world: StateWorld): void {
  world.fake.configuration.addApplication({ name: world.name(), ...world.birth() })
}

function changeApplication(world: StateWorld): void {
  const { fake, dice } = world
  const application = world.one(fake.configuration.applications)
  if (!application || dice.chance(0.4)) addApplication(world)
  else if (dice.chance(0.5)) fake.configuration.removeApplication(application.id)
  else fake.configuration.updateApplication(application.id, { name: world.name(), ...world.moment() })
}

function addComponent({ fake, dice }: StateWorld): void {
  fake.registry.addComponent({ model: dice.pick(models), version: `v${dice.whole(1, 4)}`, kind: dice.pick(kinds) })
}

function addRelationship({ fake, dice }: StateWorld): void {
  const [kind, subType] = [dice.pick(['edge', 'hierarchical', 'sibling']), dice.pick(['mount', 'network', 'parent'])]
  fake.registry.addRelationship({ model: dice.pick(models), version: `v${dice.whole(1, 4)}`, kind, subType })
}

function addToRegistry(world: StateWorld): void {
  if (world.dice.chance(0.5)) addComponent(world)
  else addRelationship(world)
}

function removeFromRegistry(world: StateWorld): void {
  const { registry } = world.fake
  const [component, relationship] = [world.one(registry.components), world.one(registry.relationships)]
  if (component) registry.removeComponent(component.id)
  if (relationship) registry.removeRelationship(relationship.id)
}

/** The number is the weight of the change. */
const changes: readonly (readonly [weight: number, change: Change])[] = [
  [8, changeController],
  [4, comeAndGo],
  [6, changeResources],
  [3, renameContext],
  [2, addProfile],
  [3, changeProfile],
  [4, finishRun],
  [4, changeDesign],
  [3, changeFilter],
  [2, changeApplication],
  [3, addToRegistry],
  [1, removeFromRegistry],
]
