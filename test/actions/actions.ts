import { createEventActions, type EventActions } from '../../src/actions/index.ts'
import { MesheryError, type MesheryOptions } from '../../src/index.ts'
import type { FakeMeshery, SeenRequest } from '../../src/testing/index.ts'

/** Actions on a fake with the Local provider. */
export const actionsOn = (fake: FakeMeshery, options: MesheryOptions = {}): EventActions =>
  createEventActions({ url: fake.url, provider: 'None', ...options })

/** What a call rejects with. */
export async function errorOf(call: Promise<unknown>): Promise<MesheryError> {
  const error = await call.then(
    () => new Error('it resolved'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof MesheryError) return error
  throw error
}

const isWrite = ({ method }: SeenRequest): boolean => method === 'PUT' || method === 'DELETE' || method === 'POST'

/** The requests that change something, such as `PUT /api/events/status/bulk 200`. */
export const writesOf = (fake: FakeMeshery): string[] =>
  fake.stats.requests.filter(isWrite).map(({ method, path, status }) => `${method} ${path} ${status}`)

/** The status of each row, oldest first. */
export const statusesOf = (fake: FakeMeshery): string[] => fake.events.rows.map(({ status }) => status)

export const addMany = (fake: FakeMeshery, count: number): string[] =>
  Array.from({ length: count }, (_, at) => {
    const createdAt = new Date(Date.parse('2026-03-01T00:00:00Z') + at * 1_000).toISOString()
    return fake.events.add({ createdAt, description: `event ${at}` }, { push: false }).id
  })
