/** How much of two names must agree, from 0 to 1. */
const least = 0.5
/** Names that agree by this much less than the nearest one count as near, too. */
const margin = 0.05
/** A longer name is cut before it is compared, in characters. */
const longest = 60

/** Each letter, and each pair of neighbours; case does not count. */
const partsOf = (name: string): readonly string[] =>
  [...name.toLowerCase()].flatMap((letter, at, all) => [letter, letter + all[at + 1]])

/** Which names may be meant by one that is unknown: none, or the nearest ones. */
export const nearest = (stray: string, names: readonly string[]): readonly string[] => {
  const parts = partsOf(stray.slice(0, longest))
  const likeness = (name: string): number => {
    const own = partsOf(name)
    return (2 * own.filter((part) => parts.includes(part)).length) / (own.length + parts.length)
  }
  const limit = Math.max(least, Math.max(...names.map(likeness)) - margin)
  return names.filter((name) => likeness(name) >= limit)
}

/** The names that may be meant, to be appended to what is wrong; empty when none is near. */
export const didYouMean = (stray: string, names: readonly string[]): string => {
  const near = nearest(stray, names)
  return near.length > 0 ? ` (did you mean \`${near.join('` or `')}\`?)` : ''
}
