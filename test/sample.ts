import fc from 'fast-check'
import { describe, type TestOptions, it as vitestIt } from 'vitest'

/** Whether everything is tested (`npm run test:full`), or a sample of each matrix (`npm test`). */
export const isFull: boolean = process.env['TEST_TIER'] === 'full'

/** Each evaluation of `vitest.config.ts` sets one. */
const seed = Number(process.env['SAMPLE_SEED'] ?? 1)
// Properties take their values by it as well, so that a run that hangs can be repeated.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })

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

/** A number of 32 bits for a text (FNV-1a). */
const hashOf = (text: string): number =>
  [...text].reduce((hash, char) => Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193), 0x811c9dc5)

/** The positions of so many values, in an order by the seed. `what`: other texts give other orders by the same seed. */
const shuffledPositions = (count: number, what: string): number[] => {
  const random = randomOf(seed ^ hashOf(what))
  return Array.from({ length: count }, (_, index) => ({ index, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ index }) => index)
}

/**
 * `count` of these, in their order, chosen by the seed that vitest prints at its start; all of them in the full tier.
 *
 * @param what Other texts choose others by the same seed.
 */
export function sampled<Case>(cases: readonly Case[], count: number, what = ''): Case[] {
  if (isFull || cases.length <= count) return [...cases]
  return shuffledPositions(cases.length, what)
    .slice(0, count)
    .sort((a, b) => a - b)
    .flatMap((index) => cases.slice(index, index + 1))
}

/** How often a property is tried in `npm test`: a fortieth of the full number, by other values each time. */
export const runsOf = (full: number): number => (isFull ? full : Math.ceil(full / 40))

/** Makes a claim, as `it` of vitest does. */
interface ClaimIt {
  (title: string, run: () => Promise<void>): void
  (title: string, options: TestOptions, run: () => Promise<void>): void
  each<Row>(rows: readonly Row[]): (title: string, run: (row: Row) => Promise<void>) => void
}

interface Claim {
  readonly title: string
  /** Whether it is tested in the full tier alone. */
  readonly isOfFull: boolean
  readonly register: () => void
}

/** An `it` that collects what it is called with. */
const collecting = (claims: Claim[]): ClaimIt =>
  Object.assign(
    (title: string, ...rest: [() => Promise<void>] | [TestOptions, () => Promise<void>]): void => {
      const [first, run] = rest
      const register = (): void => {
        if (typeof first === 'function') vitestIt(title, first)
        else vitestIt(title, first, run)
      }
      const isOfFull = typeof first === 'object' && [first.tags ?? []].flat().includes('full')
      claims.push({ title, isOfFull, register })
    },
    {
      each:
        <Row>(rows: readonly Row[]) =>
        (title: string, run: (row: Row) => Promise<void>): void => {
          claims.push({ title, isOfFull: false, register: () => vitestIt.each(rows)(title, run) })
        },
    },
  )

/** Each value as a case of its own. */
export const casesOf = <Value>(values: readonly Value[]): (readonly [Value])[] => values.map((value) => [value])

/**
 * So many of the claims that it makes, by the seed, and all of them in the full tier: for suites in which each claim starts a
 * server or a program of its own.
 *
 * @param what Other texts choose others by the same seed.
 */
export function someClaims(count: number, what: string, makeClaims: (it: ClaimIt) => void): void {
  const claims: Claim[] = []
  makeClaims(collecting(claims))
  const ofTier = claims.filter(({ isOfFull }) => isFull || !isOfFull)
  for (const { register } of sampled(ofTier, count, what)) register()
}

/**
 * A suite of claims for each case of a matrix. In `npm test` each claim is tested with one case; the cases take turns in
 * an order by the seed, so that all of them are touched where there are as many claims. In the full tier every claim is tested with every case.
 *
 * @param title Of the suite of a case, with a `%s` for each part of the case.
 */
export function claimsFor<Case extends readonly unknown[]>(
  title: string,
  cases: readonly Case[],
  makeClaims: (it: ClaimIt, one: Case) => void,
): void {
  for (const { one, claims } of chooseClaims(title, cases, makeClaims))
    describe.concurrent.each([one])(title, () => {
      for (const { register } of claims) register()
    })
}

/** The same, with claims that are tested one after another. */
export function claimsInTurnFor<Case extends readonly unknown[]>(
  title: string,
  cases: readonly Case[],
  makeClaims: (it: ClaimIt, one: Case) => void,
): void {
  for (const { one, claims } of chooseClaims(title, cases, makeClaims))
    describe.each([one])(title, () => {
      for (const { register } of claims) register()
    })
}

/** The claims of one case. */
interface Suite<Case> {
  readonly one: Case
  readonly claims: readonly Claim[]
}

/** The cases that have a claim to test, each with these claims. */
function chooseClaims<Case extends readonly unknown[]>(
  title: string,
  cases: readonly Case[],
  makeClaims: (it: ClaimIt, one: Case) => void,
): Suite<Case>[] {
  const suites = cases.map((one) => {
    const claims: Claim[] = []
    makeClaims(collecting(claims), one)
    return { one, claims }
  })
  // A suite without a test would be a failure.
  return (isFull ? suites : oneSuiteForEachClaim(suites, title)).filter((suite) => suite.claims.length > 0)
}

/** Each claim with one case. The cases take turns, so that none is left out while there are claims. */
function oneSuiteForEachClaim<Case>(suites: readonly Suite<Case>[], title: string): Suite<Case>[] {
  const order = shuffledPositions(suites.length, title).flatMap((index) => suites.slice(index, index + 1))
  const has = (suite: Suite<Case>, claim: string): boolean => suite.claims.some((one) => one.title === claim)
  const claims = [...new Set(suites.flatMap((suite) => suite.claims.map((claim) => claim.title)))]
  const chosen = new Map(
    claims.map((claim, turn) => {
      const from = turn % order.length
      return [claim, [...order.slice(from), ...order.slice(0, from)].find((suite) => has(suite, claim))]
    }),
  )
  return suites.map((suite) => ({
    ...suite,
    claims: suite.claims.filter((claim) => chosen.get(claim.title) === suite),
  }))
}
