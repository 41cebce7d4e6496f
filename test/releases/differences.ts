/** A value that a stream reports differently on one release or transport than on all others. */
export interface Difference {
  /**
   * A transport, releases, or both, and after a comma a further condition. Releases are a line (`v0.6`), or
   * `before` or `from` a version. Such as `polling before current`, `v0.6` or `before v1.0.55, Local provider`.
   */
  readonly on: string
  /** The path of the field in the value, through lists. After `of`: only in items that have this value in some field. */
  readonly field: string
  /** What the field contains there, as a sentence for people. */
  readonly what: string
  /**
   * The same for programs. Default: null. A record: maps these values to those, and leaves all others as they are; a
   * value that becomes null removes the whole item. `other`: another value, which no table can predict.
   */
  readonly becomes?: Readonly<Record<string, string | null>> | 'other'
}

/** Before v1.0.55 the id of the Local provider's user is the nil UUID, which means that there is no id. */
const userIsNull = (field: string): Difference => ({
  on: 'before v1.0.55, Local provider',
  field,
  what: 'Null: the user of the Local provider has no id.',
})

/**
 * By stream, what differs between releases and transports. Every field that is not listed is the same on all of them.
 * Only tests and the generated parts of `docs/` read it.
 */
export const differences: Readonly<Record<string, readonly Difference[]>> = {
  subscribeEvents: [
    userIsNull('userID'),
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
      what: 'The id of the Kubernetes context, by which this line identifies controllers.',
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
    { on: 'polling v0.7', field: 'version of OPERATOR', what: 'Null: the query does not report it.' },
    {
      on: 'polling v0.7',
      field: 'status of OPERATOR',
      what: 'Never `UNKNOWN`: the query answers `UNKNOWN` where there is no operator, so such an item is left out.',
      becomes: { UNKNOWN: null },
    },
    ...['MESHSYNC', 'BROKER'].map((controller) => ({
      on: 'current, link to the broker',
      field: `status of ${controller}`,
      what: '`CONNECTED` for whatever runs, while the server holds a link to the broker. No other line considers the link.',
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
    { on: 'Local provider', field: 'profiles.user_id', what: 'Null: only a remote provider reports it.' },
  ],
  subscribePerfResults: [
    userIsNull('results.user_id'),
    {
      on: 'Local provider',
      field: 'results',
      what: 'In the order of the runs, all of them: the server ignores `search` and `order`.',
      becomes: 'other',
    },
  ],
  subscribeConfiguration: [
    { on: 'from v0.8', field: 'applications', what: 'Null: these releases have no applications.' },
    { on: 'v0.6', field: 'patterns.patterns.type', what: 'Null: this line does not have it.' },
    {
      on: 'v0.6, designs that are not private',
      field: 'patterns',
      what: 'Without them: unless other visibilities are requested, this line lists only private designs.',
      becomes: 'other',
    },
    ...['applications.applications', 'patterns.patterns', 'filters.filters'].map((list) =>
      userIsNull(`${list}.user_id`),
    ),
  ],
  subscribeClusterResources: [
    {
      on: 'polling from v0.8, kinds without a model',
      field: 'resources',
      what: 'Without kinds that belong to no model: the summary over REST leaves them out.',
      becomes: 'other',
    },
  ],
  subscribeK8sContext: [
    { on: 'v0.6', field: 'contexts.connection_id', what: "Null: this line uses the context's own id instead." },
    userIsNull('contexts.owner'),
    userIsNull('contexts.created_by'),
  ],
  subscribeMeshModelSummary: [],
}
