/** With what the id begins that a relay gives to an event without a row. */
export const derivedIdPrefix = 'push-'

/** Whether a relay made the id: Meshery's ids are UUIDs. */
export const isDerivedId = (id: string): boolean => id.startsWith(derivedIdPrefix)
