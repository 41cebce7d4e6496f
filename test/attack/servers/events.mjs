// Numbered events, with the field names of the store and of a push.
const userID = '8a1c2c6e-52a2-4d3c-9d1b-1f0a37a1d3c5'
const systemID = '11111111-2222-4333-8444-555555555555'
const began = Date.parse('2026-01-01T00:00:00Z')

/** A UUID that contains a number. */
export const uuidOf = (number, kind = 0) =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

export const nilUUID = '00000000-0000-0000-0000-000000000000'

/** An event by its number. `at` is in milliseconds after the first. */
export const eventOf = (number, { at = number, id = uuidOf(number, 1), ...more } = {}) => {
  const createdAt = new Date(began + at).toISOString()
  return {
    id,
    userID,
    systemID,
    operationID: uuidOf(number, 2),
    actedUpon: uuidOf(number, 3),
    action: 'create',
    category: 'pattern',
    description: `event ${number}`,
    severity: 'informational',
    status: 'unread',
    metadata: { number },
    createdAt,
    updatedAt: createdAt,
    deletedAt: null,
    ...more,
  }
}

/** The same event as a row of the store. */
export const rowOf = ({ userID: owner, ...event }) => ({ ...event, owner })

/** A page of rows from an honest store. */
export function pageOf(rows, search) {
  const number = Number(search.get('page') ?? 0)
  const size = Number(search.get('pagesize') ?? 25)
  const start = number * size
  const page =
    search.get('order') === 'desc'
      ? rows.slice(Math.max(0, rows.length - start - size), Math.max(0, rows.length - start)).reverse()
      : rows.slice(start, start + size)
  return { page: number, pageSize: size, totalCount: rows.length, events: page }
}
