import { randomUUID } from 'node:crypto'

const severities = ['informational', 'error', 'success', 'warning']
const systemID = randomUUID()

/** What an event about so many resources says of them, about 150 bytes each. */
const resourcesOf = (count) =>
  Array.from({ length: count }, (_, at) => ({
    name: `deployment-${at}`,
    kind: 'Deployment',
    namespace: 'default',
    ports: [8080 + at, 9090 + at],
    description: `Deployment ${at} was updated, and has ${at} replicas.`,
  }))

/** An event as Meshery makes them, about 700 bytes of JSON in a frame; more with the resources that it is about. */
export const sample = (count, createdAt, { note = '', resources = 0 } = {}) => ({
  id: randomUUID(),
  severity: severities[count % severities.length],
  category: 'connection',
  action: 'update',
  status: 'unread',
  userID: '8a1c2c6e-52a2-4d3c-9d1b-1f0a37a1d3c5',
  actedUpon: randomUUID(),
  operationID: randomUUID(),
  systemID,
  description: `Connection ${count} to the cluster "kind-${count % 7}" changed from discovered to connected.`,
  createdAt,
  updatedAt: createdAt,
  deletedAt: null,
  metadata: {
    note,
    cluster: `kind-${count % 7}`,
    previous: 'discovered',
    next: 'connected',
    count,
    ...(resources > 0 && { resources: resourcesOf(resources) }),
  },
})

/** The row of the store, with the field names of v0.8. */
export const rowOf = (event) =>
  JSON.stringify({
    id: event.id,
    user_id: event.userID,
    system_id: event.systemID,
    operation_id: event.operationID,
    acted_upon: event.actedUpon,
    action: event.action,
    category: event.category,
    description: event.description,
    severity: event.severity,
    status: event.status,
    metadata: event.metadata,
    created_at: event.createdAt,
    updated_at: event.updatedAt,
    deleted_at: null,
  })

/** A WebSocket frame with `next`, as gqlgen writes it: payload first, a newline at the end. */
export function frameOf(event, id) {
  const text = Buffer.from(
    `{"payload":{"data":{"subscribeEvents":${JSON.stringify(event)}}},"id":"${id}","type":"next"}\n`,
  )
  if (text.length < 126 || text.length > 65_535) throw new Error(`a frame of ${text.length} bytes`)
  return Buffer.concat([Buffer.from([0x81, 126, text.length >> 8, text.length & 255]), text])
}
