/** A field that has another value in one place than in all others. */
export interface Difference {
  /**
   * Where: a transport, releases, or both, and after a comma what else must be so. Releases are a line (`v0.6`), or
   * `before` or `from` a version. Such as `polling before current`, `v0.6` or `before v1.0.55, Local provider`.
   */
  readonly on: string
  /** The path of the field in the value, through lists. After `of`: only in items that have this value in some field. */
  readonly field: string
  /** The value there, as a sentence for people. */
  readonly what: string
  /**
   * The same for programs: null unless said otherwise. A record: these values become those, and all others stay as they
   * are; a value that becomes null takes the whole item with it. `other`: another value, which no table can list.
   */
  readonly becomes?: Readonly<Record<string, string | null>> | 'other'
}

/** Before that release the user of the Local provider has the nil UUID for an id, which means none. */
const noUser = (field: string): Difference => ({
  on: 'before v1.0.55, Local provider',
  field,
  what: 'Null: the user of the Local provider has no id.',
})

/**
 * By stream, what differs between releases and transports. Everything that is not here is the same wherever the stream is.
 * For tests and documents: nothing that runs in a program looks at it.
 */
export const differences: Readonly<Record<string, readonly Difference[]>> = {
  subscribeEvents: [
    noUser('userID'),
    {
      on: 'from v1.0, as pushed',
      field: 'id',
      what: 'Null when the stored row did not come within `settle`: a push has no usable id.',
    },
    {
      on: 'websocket from v1.0, as pushed',
      field: 'createdAt',
      what: 'Null when the stored row did not come within `settle`: what is pushed has the time of its delivery.',
    },
    {
      on: 'from v1.0, as pushed',
      field: 'updatedAt',
      what: 'Null when the stored row did not come within `settle`: what is pushed has the time of its delivery, or none.',
    },
  ],
  subscribeMesheryControllersStatus: [
    {
      on: 'v0.6',
      field: 'connectionID',
      what: 'The id of the Kubernetes context: this line knows controllers by it.',
      becomes: 'other',
    },
    { on: 'websocket v0.6', field: 'version', what: 'Null: what is pushed does not have it.' },
    {
      on: 'v0.6',
      field: 'status',
      what: '`DEPLOYED`, `NOTDEPLOYED`, `DEPLOYING` or `UNKNOWN`: `DEPLOYED` for whatever runs.',
      becomes: { RUNNING: 'DEPLOYED', CONNECTED: 'DEPLOYED', ENABLED: 'DEPLOYED', UNDEPLOYED: 'NOTDEPLOYED' },
    },
    ...['MESHSYNC', 'BROKER', 'OPERATOR'].map((controller) => ({
      on: 'polling v0.6',
      field: `status of ${controller}`,
      what: '`ENABLED` for whatever runs, unless it is `CONNECTED`: the queries have fewer values.',
      becomes: { DEPLOYED: 'ENABLED', RUNNING: 'ENABLED', UNDEPLOYED: 'NOTDEPLOYED' },
    })),
    { on: 'polling v0.7', field: 'version of OPERATOR', what: 'Null: the query does not return it.' },
    {
      on: 'polling v0.7',
      field: 'status of OPERATOR',
      what: 'Never `UNKNOWN`: the query answers `UNKNOWN` where there is no operator, so such an item is left out.',
      becomes: { UNKNOWN: null },
    },
    ...['MESHSYNC', 'BROKER'].map((controller) => ({
      on: 'current, link to the broker',
      field: `status of ${controller}`,
      what: '`CONNECTED` for whatever runs, while the server holds a link to the broker. No other line looks at it.',
      becomes: { DEPLOYED: 'CONNECTED', ENABLED: 'CONNECTED', RUNNING: 'CONNECTED' },
    })),
    {
      on: 'polling current, no broker',
      field: 'status of MESHSYNC',
      what: '`UNKNOWN` where there is MeshSync but no broker.',
      becomes: 'other',
    },
  ],
  subscribePerfProfiles: [
    { on: 'Local provider', field: 'profiles.user_id', what: 'Null: only a remote provider sends it.' },
  ],
  subscribePerfResults: [
    noUser('results.user_id'),
    {
      on: 'Local provider',
      field: 'results',
      what: 'In the order of the runs, all of them: the server minds neither `search` nor `order`.',
      becomes: 'other',
    },
  ],
  subscribeConfiguration: [
    { on: 'from v0.8', field: 'applications', what: 'Null: these releases have no applications.' },
    { on: 'v0.6', field: 'patterns.patterns.type', what: 'Null: this line does not have it.' },
    {
      on: 'v0.6, designs that are not private',
      field: 'patterns',
      what: 'Without them: unless it is asked for others, this line lists private designs alone.',
      becomes: 'other',
    },
    ...['applications.applications', 'patterns.patterns', 'filters.filters'].map((list) => noUser(`${list}.user_id`)),
  ],
  subscribeClusterResources: [
    {
      on: 'polling from v0.8, kinds without a model',
      field: 'resources',
      what: 'Without kinds that no model knows: the summary over REST leaves them out.',
      becomes: 'other',
    },
  ],
  subscribeK8sContext: [
    { on: 'v0.6', field: 'contexts.connection_id', what: "Null: on this line the context's own id serves." },
    noUser('contexts.owner'),
    noUser('contexts.created_by'),
  ],
  subscribeMeshModelSummary: [],
}
