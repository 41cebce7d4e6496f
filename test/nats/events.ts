import type { MesheryEvent } from '../../src/index.ts'

export const uuidOf = (number: number): string => `a1b2c3d4-0000-4000-8000-${String(number).padStart(12, '0')}`

/** An event of now; every other field that is not given is null. */
export const eventOf = (more: Partial<MesheryEvent> = {}): MesheryEvent => ({
  id: null,
  userID: null,
  actedUpon: null,
  operationID: null,
  systemID: null,
  severity: 'informational',
  action: 'deploy',
  status: null,
  category: 'pattern',
  description: null,
  metadata: null,
  createdAt: new Date().toISOString(),
  updatedAt: null,
  deletedAt: null,
  ...more,
})
