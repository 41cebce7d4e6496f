import { pageSize } from './page.ts'

/** How far a read goes back over rows already read, in pages: rows inserted late are found there. */
const overlap = 0.5
/** How much of it a read has at least, though rows were deleted: one request more where it has not. */
export const leastOverlap = 0.25

/** The page, as number and size, that reaches back over the overlap and past the end, in one request where it can. */
export function firstWindow(end: number, most: number = pageSize): [number: number, size: number] {
  if (end + most / 10 <= most) return [0, most]
  for (const back of [overlap * most, leastOverlap * most])
    for (const size of sizes(most)) {
      const number = Math.floor((end - back) / size)
      if (number >= 0 && (number + 1) * size >= end + most / 10) return [number, size]
    }
  return [Math.max(0, Math.floor((end - overlap * most) / most)), most]
}

/** The sizes that a page may have, the largest first. */
const sizes = (most: number): number[] =>
  Array.from({ length: Math.ceil(most * (1 - overlap)) }, (_, index) => most - index)

/** The page that begins before the end of the last one, so that it can be seen to follow on, and reaches farthest. */
export function nextWindow(end: number, most: number = pageSize): [number: number, size: number] {
  const size = farthest(most, (size) => size - 1 - ((end - 1) % size))
  return [Math.floor((end - 1) / size), size]
}

/** In descending order: the page that ends past the beginning of the last one and comes nearest. */
export function newerWindow(beginning: number, most: number = pageSize): [number: number, size: number] {
  const size = farthest(most, (size) => beginning % size)
  return [Math.floor(beginning / size), size]
}

/** The size of the page that reaches farthest past the last one. Where all small ones end with it, it is a larger one. */
const farthest = (most: number, reach: (size: number) => number): number => {
  let size = sizes(most).reduce((best, other) => (reach(other) > reach(best) ? other : best))
  while (reach(size) < 1) size++
  return size
}
