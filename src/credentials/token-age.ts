/** How long before a token expires another one is looked for, in milliseconds; at most a quarter of what it has left. */
const leadMs = 60_000

/** When to look for another token, in milliseconds since 1970, for one that expires at `expires`; NaN for one that does not show it. */
export const renewalDueAt = (expires: number, now: number): number => expires - Math.min(leadMs, (expires - now) / 4)
