/** A page, as its number and its size. */
export type PageWindow = [number: number, size: number]

/** How far a read goes back over rows already read, in pages: rows inserted late are found there. */
const overlap = 0.5
/** How much of it a read has at least, though rows were deleted: one request more where it has not. */
export const leastOverlap = 0.25

/** The page that reaches back over the overlap and past the end, in one request where it can. */
export function firstWindow(end: number, maxSize: number): PageWindow {
  if (end + maxSize / 10 <= maxSize) return [0, maxSize]
  for (const back of [overlap, leastOverlap])
    for (const size of sizes(maxSize)) {
      const number = Math.floor((end - back * maxSize) / size)
      if ((number + 1) * size >= end + maxSize / 10) return [number, size]
    }
  return [Math.floor(end / maxSize - overlap), maxSize]
}

/** The sizes that a page may have, the largest first. */
const sizes = (maxSize: number): number[] =>
  Array.from({ length: Math.ceil(maxSize * overlap) }, (_, index) => maxSize - index)

/** The page with the row at this offset that reaches farthest past it. If no size reaches past it, a larger page. */
function farthest(offset: number, maxSize: number, reachOf: (rest: number, size: number) => number): PageWindow {
  const reach = (size: number): number => reachOf(offset % size, size)
  let [size = maxSize] = sizes(maxSize).sort((a, b) => reach(b) - reach(a))
  while (reach(size) < 1) size++
  return [Math.floor(offset / size), size]
}

/** The page that begins before the end of the last one, so that the two overlap, and reaches farthest. */
export const nextWindow = (end: number, maxSize: number): PageWindow =>
  farthest(end - 1, maxSize, (rest, size) => size - 1 - rest)

/** In descending order: the page that ends past the beginning of the last one and comes nearest to the newest row. */
export const newerWindow = (beginning: number, maxSize: number): PageWindow =>
  farthest(beginning, maxSize, (rest) => rest)
