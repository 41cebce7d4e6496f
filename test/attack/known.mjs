/** Attacks that break a bound today, and why. Each is a fault to fix: the list must only get shorter. */
export const known = new Map()
