import { describe, type TestOptions, it as vitestIt } from 'vitest'

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

/** A number of 32 bits for a text (FNV-1a). */
const hashOf = (text: string): number =>
  [...text].reduce((hash, char) => Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193), 0x811c9dc5)

/**
 * `count` of these, in their order, chosen by the seed that vitest prints at its start; all of them in the full tier.
 *
 * @param what Other texts choose others by the same seed.
 */
export function sampled<Case>(cases: readonly Case[], count: number, what = ''): Case[] {
  if (isFull || cases.length <= count) return [...cases]
  const random = randomOf(seed ^ hashOf(what))
  const chosen = cases.map((_, index) => ({ index, order: random() })).sort((a, b) => a.order - b.order)
  return chosen
    .slice(0, count)
    .map(({ index }) => index)
    .sort((a, b) => a - b)
    .flatMap((index) => cases.slice(index, index + 1))
}

/** How often a property is tried in `npm test`: a tenth of the full number, by other values each time. */
export const runsOf = (full: number): number => (isFull ? full : Math.ceil(full / 10))

/** Makes a claim, as `it` of vitest does. */
interface ClaimIt {
  (title: string, run: () => Promise<void>): void
  (title: string, options: TestOptions, run: () => Promise<void>): void
  each<Row>(rows: readonly Row[]): (title: string, run: (row: Row) => Promise<void>) => void
}

interface Claim {
  readonly title: string
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
      claims.push({ title, register })
    },
    {
      each:
        <Row>(rows: readonly Row[]) =>
        (title: string, run: (row: Row) => Promise<void>): void => {
          claims.push({ title, register: () => vitestIt.each(rows)(title, run) })
        },
    },
  )

/** Each value as a case of its own. */
export const casesOf = <Value>(values: readonly Value[]): (readonly [Value])[] => values.map((value) => [value])

/**
 * A suite of claims for each case of a matrix. In `npm test` each claim is tested with one case, chosen by the seed and by its title;
 * in the full tier with every case.
 *
 * @param title Of the suite of a case, with a `%s` for each part of the case.
 */
export function claimsFor<Case extends readonly unknown[]>(
  title: string,
  cases: readonly Case[],
  makeClaims: (it: ClaimIt, one: Case) => void,
): void {
  for (const { one, chosen } of chooseClaims(title, cases, makeClaims))
    describe.concurrent.each([one])(title, () => {
      for (const { register } of chosen) register()
    })
}

/** The same, with claims that are tested one after another. */
export function claimsInTurnFor<Case extends readonly unknown[]>(
  title: string,
  cases: readonly Case[],
  makeClaims: (it: ClaimIt, one: Case) => void,
): void {
  for (const { one, chosen } of chooseClaims(title, cases, makeClaims))
    describe.each([one])(title, () => {
      for (const { register } of chosen) register()
    })
}

/** The cases that have a claim to test, each with these claims. */
function chooseClaims<Case extends readonly unknown[]>(
  title: string,
  cases: readonly Case[],
  makeClaims: (it: ClaimIt, one: Case) => void,
): { readonly one: Case; readonly chosen: readonly Claim[] }[] {
  const suites = cases.map((one) => {
    const claims: Claim[] = []
    makeClaims(collecting(claims), one)
    return { one, claims }
  })
  const isChosen = (claim: Claim, one: Case): boolean => {
    const having = suites.filter(({ claims }) => claims.some((other) => other.title === claim.title))
    return sampled(having, 1, `${title} ${claim.title}`).some((suite) => suite.one === one)
  }
  return (
    suites
      .map(({ one, claims }) => ({ one, chosen: claims.filter((claim) => isChosen(claim, one)) }))
      // A suite without a test would be a failure.
      .filter(({ chosen }) => chosen.length > 0)
  )
}
