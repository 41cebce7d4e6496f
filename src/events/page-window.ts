/** A page, as its number and its size. */
export type PageWindow = readonly [number: number, size: number]

/** How far a read goes back over rows already read, in pages: rows inserted late are found there. */
const overlap = 0.5
/** How much of it a read has at least, though rows were deleted: one request more where it has not. */
export const leastOverlap = 0.25

/** The page that reaches back over the overlap and past the end, in one request where it can. */
export function firstWindow(end: number, maxSize: number): PageWindow {
  if (end + maxSize / 10 <= maxSize) return [0, maxSize]
  for (const back of [overlap * maxSize, leastOverlap * maxSize])
    for (const size of sizes(maxSize)) {
      const number = Math.floor((end - back) / size)
      if (number >= 0 && (number + 1) * size >= end + maxSize / 10) return [number, size]
    }
  return [Math.max(0, Math.floor((end - overlap * maxSize) / maxSize)), maxSize]
}

/** The sizes that a page may have, the largest first. */
const sizes = (maxSize: number): number[] =>
  Array.from({ length: Math.ceil(maxSize * overlap) }, (_, index) => maxSize - index)

/** The size of the page that reaches farthest past the last one. If all sizes end with it, a larger one. */
function farthest(maxSize: number, reach: (size: number) => number): number {
  let size = sizes(maxSize).reduce((best, other) => (reach(other) > reach(best) ? other : best))
  while (reach(size) < 1) size++
  return size
}

/** The page that begins before the end of the last one, so that the two overlap, and reaches farthest. */
export function nextWindow(end: number, maxSize: number): PageWindow {
  const size = farthest(maxSize, (one) => one - 1 - ((end - 1) % one))
  return [Math.floor((end - 1) / size), size]
}

/** In descending order: the page that ends past the beginning of the last one and comes nearest to the newest row. */
export function newerWindow(beginning: number, maxSize: number): PageWindow {
  const size = farthest(maxSize, (one) => beginning % one)
  return [Math.floor(beginning / size), size]
}
