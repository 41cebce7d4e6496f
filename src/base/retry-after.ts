/** The longest `Retry-After` that is obeyed, 24 hours, in milliseconds: timers overflow at 25 days. */
const longestMs = 86_400_000

/**
 * The header `Retry-After` in milliseconds; undefined without a valid one. It holds seconds, or a date, which is compared with
 * the clock of the server if the response has it. `retry-after-holds.ts` obeys it.
 */
export const readRetryAfter = (headers: Headers): number | undefined => {
  const text = headers.get('retry-after') ?? ''
  const isSeconds = /^\d+$/.test(text)
  const serverNow = Date.parse(headers.get('date') ?? '') || Date.now()
  const waitMs = isSeconds ? Number(text) * 1000 : Date.parse(/^[a-z]/i.test(text) ? text : '') - serverNow
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), longestMs)
}
