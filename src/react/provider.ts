import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
} from 'react'
import type {
  ClusterResources,
  ConfigurationPage,
  K8sContextsPage,
  Meshery,
  MesheryControllersStatusListItem,
  MesheryEvent,
  MesheryOptions,
  MeshModelSummary,
  PerfPageProfiles,
  PerfPageResult,
} from '../surface.ts'
import { ClientOwner } from './client-owner.ts'
import type { ListedEvent } from './event-list.ts'
import { ConnectionBoard, SharedSubscriptions } from './shared-subscriptions.ts'
import { useStructure } from './use-structure.ts'

type SharedState<Value> = SharedSubscriptions<Value, Value | undefined>

/** What the hooks under one provider share. */
export interface ProvidedMeshery {
  /** The client: made at the first call where the provider has `options`. */
  client(): Meshery
  /** A key that no other event under this provider has. */
  nextKey(): string
  readonly board: ConnectionBoard
  readonly events: SharedSubscriptions<MesheryEvent, readonly ListedEvent[]>
  readonly controllers: SharedState<readonly MesheryControllersStatusListItem[]>
  readonly kubernetesContexts: SharedState<K8sContextsPage>
  readonly clusterResources: SharedState<ClusterResources>
  readonly configuration: SharedState<ConfigurationPage>
  readonly performanceProfiles: SharedState<PerfPageProfiles>
  readonly performanceResults: SharedState<PerfPageResult>
  readonly modelSummary: SharedState<MeshModelSummary>
}

function provide(client: () => Meshery): ProvidedMeshery {
  const board = new ConnectionBoard()
  let count = 0
  const shared = <Item, Content>(): SharedSubscriptions<Item, Content> => new SharedSubscriptions(client, board)
  return {
    client,
    nextKey: () => `pushed-${++count}`,
    board,
    events: shared(),
    controllers: shared(),
    kubernetesContexts: shared(),
    clusterResources: shared(),
    configuration: shared(),
    performanceProfiles: shared(),
    performanceResults: shared(),
    modelSummary: shared(),
  }
}

const MesheryContext: Context<ProvidedMeshery | undefined> = /* @__PURE__ */ createContext<ProvidedMeshery | undefined>(
  undefined,
)

/** What the hooks under the nearest provider share. */
export function useProvided(): ProvidedMeshery {
  const provided = useContext(MesheryContext)
  if (!provided) throw new Error('The hooks of meshery-live/react need a <MesheryProvider> above them.')
  return provided
}

/** A client that the page has made and closes itself. */
export interface MesheryClientProviderProps {
  readonly client: Meshery
  readonly children?: ReactNode
}

/** A client, or the options of one. */
export type MesheryProviderProps =
  | (MesheryClientProviderProps & { readonly options?: undefined })
  | {
      /**
       * As for `createMeshery`; default none: in a browser the origin of the page. The client is made at first use and closed
       * when the provider is removed. Options of another structure make another client; of functions and instances of classes
       * in them, those of the first render count.
       */
      readonly options?: MesheryOptions | undefined
      readonly client?: undefined
      readonly children?: ReactNode
    }

// Components return elements: TypeScript 5.0 accepts no others.

/** Gives the hooks below it a client. A page that needs only this one does not load `createMeshery` of all streams. */
export function MesheryClientProvider({ client, children }: MesheryClientProviderProps): ReactElement {
  const provided = useMemo(() => provide(() => client), [client])
  return createElement(MesheryContext.Provider, { value: provided }, children)
}

type Create = (options: MesheryOptions) => Meshery

interface OwnedProps {
  readonly create: Create
  readonly options: MesheryOptions
  readonly children?: ReactNode
}

function OwnedProvider({ create, options, children }: OwnedProps): ReactElement {
  const structure = useStructure(options)
  const owner = useMemo(() => new ClientOwner(create, structure.value), [create, structure])
  const provided = useMemo(() => provide(() => owner.client), [owner])
  useEffect(() => owner.hold(), [owner])
  return createElement(MesheryContext.Provider, { value: provided }, children)
}

/** The provider of one platform's entry. */
export const makeProvider =
  (create: Create) =>
  ({ client, options = {}, children }: MesheryProviderProps): ReactElement =>
    client
      ? createElement(MesheryClientProvider, { client }, children)
      : createElement(OwnedProvider, { create, options }, children)
