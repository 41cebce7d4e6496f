/** Milliseconds a unit. */
const unitMs = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/** A span of time such as `500ms`, `1.5h` or `2w`, in milliseconds; undefined for any other text. */
export const spanMs = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? []
  const ms = unitMs.get(unit)
  return ms === undefined ? undefined : Number(amount) * ms
}
