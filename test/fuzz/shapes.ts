import fc from 'fast-check'

/** Texts that break code that trusts them. */
const hostile = [
  'constructor',
  '__proto__',
  'toString',
  '',
  '\u0000',
  '\ud800',
  '\u202e\u2028',
  '0001-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  '11111111-2222-4333-8444-555555555555',
  '1e308',
  '-1',
  'x'.repeat(5_000),
]

export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.uuid(),
)

/** Any JSON value, deep ones and hostile keys among them. */
export const json: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, -1, 1e308, 2 ** 53, 0.5, [], {}),
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
)

/** An object of which each field is missing, correct, or anything. */
export const near = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> =>
  fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, good]) => [
        name,
        fc.oneof({ arbitrary: good, weight: 4 }, { arbitrary: json, weight: 1 }),
      ]),
    ),
    { requiredKeys: [] },
  )

const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456789+02:00', '0001-01-01T00:00:00Z')

export const event: fc.Arbitrary<unknown> = near({
  id: fc.uuid(),
  owner: fc.uuid(),
  userID: fc.uuid(),
  systemId: fc.uuid(),
  operationID: fc.uuid(),
  operation_id: fc.uuid(),
  actedUpon: fc.uuid(),
  severity: fc.constantFrom('error', 'informational', 'constructor'),
  action: text,
  category: text,
  status: fc.constantFrom('read', 'unread'),
  description: text,
  metadata: fc.dictionary(text, json),
  createdAt: time,
  created_at: time,
  updatedAt: time,
  deletedAt: time,
})

const total = fc.constantFrom(0, 1, 3, 100, 1e308, -1)

/** A page of events with the field names of some release. */
export const page: fc.Arbitrary<unknown> = near({
  events: fc.array(event, { maxLength: 5 }),
  totalCount: total,
  total_count: total,
  page: fc.nat(3),
})

const item = near({
  id: text,
  name: text,
  kind: text,
  Kind: text,
  count: fc.nat(),
  Count: fc.nat(),
  connectionId: fc.uuid(),
  connection_id: fc.uuid(),
  kubernetesServerId: fc.uuid(),
  status: fc.constantFrom('Connected 1.2.3.4:5', 'UNKOWN', 'constructor', ''),
  version: text,
  controller: fc.constantFrom('OPERATOR', 'MESHSYNC', 'constructor'),
  type: near({ String: text, Valid: fc.boolean() }),
  patternFile: text,
  filterFile: text,
  catalogData: json,
  metadata: json,
  model: near({ name: text, version: text }),
  subType: text,
})
const items = fc.array(item, { maxLength: 4 })

/** A possible answer of any path of a state. */
export const state: fc.Arbitrary<unknown> = near({
  contexts: items,
  profiles: items,
  results: items,
  patterns: items,
  filters: items,
  applications: items,
  connections: items,
  components: items,
  relationships: items,
  models: items,
  kinds: items,
  namespaces: fc.array(text),
  labels: items,
  status: text,
  name: text,
  version: text,
  totalCount: total,
  total_count: total,
  data: near({ operator: item, meshsync: item, broker: item, kinds: items }),
  errors: fc.array(near({ message: text, path: fc.array(text), extensions: json })),
})

const errors = fc.array(near({ message: text, path: fc.array(text), extensions: json }), { maxLength: 3 })

/** A message of a server of `graphql-transport-ws`, or something like it. */
export const message: fc.Arbitrary<unknown> = near({
  type: fc.constantFrom('next', 'next', 'next', 'error', 'complete', 'ping', 'pong', 'connection_ack', 'ka'),
  id: fc.constantFrom('1', '1', '1', '2', '__proto__'),
  payload: fc.oneof(
    near({ data: near({ subscribeEvents: event }), errors }),
    near({ data: near({ subscribeEvents: event }), errors }),
    errors,
    json,
  ),
})
