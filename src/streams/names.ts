import { MesheryError } from '../base/errors.ts'

/** Something that can be given by an id or by its name. */
export interface Named<Target> {
  readonly to: Target
  readonly ids: readonly (string | null)[]
  readonly name: string | null
}

/** The argument, and what its values are, in the plural. */
export interface NamesOption {
  readonly option: string
  readonly what: string
}

/**
 * The targets that were given by id or name, each once; every target when none was given.
 * @param idOf What identifies a target.
 * @throws MesheryError INVALID_OPTION when several have the name.
 */
export function resolveNames<Target>(
  { option, what }: NamesOption,
  given: readonly string[] | null,
  known: readonly Named<Target>[],
  idOf: (target: Target) => string,
): { readonly found: readonly Target[]; readonly unknown: readonly string[] } {
  const found = new Map<string, Target>()
  const unknown: string[] = []
  const add = (one: Named<Target>): unknown => found.set(idOf(one.to), one.to)
  if (!given) known.forEach(add)
  for (const text of given ?? []) {
    const byId = known.filter(({ ids }) => ids.includes(text))
    const matches = byId.length > 0 ? byId : known.filter(({ name }) => name === text)
    const ids = new Set(matches.map(({ to }) => idOf(to)))
    if (ids.size === 0) unknown.push(text)
    if (ids.size > 1 && matches !== byId)
      throw badName(option, `Several ${what} are called \`${text}\`: ${[...ids].join(', ')}`)
    matches.forEach(add)
  }
  return { found: [...found.values()], unknown }
}

/** The error for an ambiguous name. */
export const badName = (option: string, message: string): MesheryError =>
  new MesheryError('INVALID_OPTION', message, {
    phase: 'options',
    details: { option },
    remedy: 'Use one that the message lists.',
  })
