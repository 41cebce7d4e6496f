/** Whether everything is tested (`npm run test:full`), or a sample of each matrix (`npm test`). */
export const isFull: boolean = process.env['TEST_TIER'] === 'full'

const seed = Number(process.env['SAMPLE_SEED'] ?? 1)

/** Random numbers from 0 to 1 of a seed (mulberry32). */
const randomOf = (start: number): (() => number) => {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    const again = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((again ^ (again >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` of these, in their order, chosen by the seed that vitest prints at its start; all of them in the full tier. */
export function sampled<Case>(cases: readonly Case[], count: number): Case[] {
  if (isFull || cases.length <= count) return [...cases]
  const random = randomOf(seed)
  const chosen = cases.map((_, index) => ({ index, order: random() })).sort((a, b) => a.order - b.order)
  return chosen
    .slice(0, count)
    .map(({ index }) => index)
    .sort((a, b) => a - b)
    .flatMap((index) => cases.slice(index, index + 1))
}
