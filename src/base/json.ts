import { isObject } from './checks.ts'

/** How many levels of a peer's JSON are kept. Everything that recurses over it later has room for so many. */
export const deepestLevel = 500

/** What takes the place of an object or a list below the deepest level. */
export const tooDeep = 'nested too deeply'

/** Whether a text of JSON has enough brackets to be too deep; those inside its texts count, too. */
const mayBeTooDeep = (text: string): boolean => {
  let count = 0
  // By `indexOf`, since a loop over the characters takes half as long as to parse them.
  for (const bracket of '[{')
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++count > deepestLevel) return true
  return false
}

/** Replaces each object and list in a branch. */
const replaceBranches = (branch: object): void => {
  // `__proto__` is an own property here, and an assignment would set the prototype.
  for (const [key, child] of Object.entries(branch))
    if (isObject(child)) Object.defineProperty(branch, key, { value: tooDeep })
}

/** The objects and lists in these. */
const branchesIn = (level: readonly object[]): object[] => {
  const branches = []
  for (const branch of level) for (const child of Object.values(branch)) if (isObject(child)) branches.push(child)
  return branches
}

/** Replaces everything below the deepest level; level by level, since recursion would overflow the stack. */
const prune = (value: unknown): void => {
  let level = branchesIn([[value]])
  for (let depth = 1; depth < deepestLevel && level.length > 0; depth++) level = branchesIn(level)
  level.forEach(replaceBranches)
}

/**
 * `JSON.parse` for a peer's text: below 500 levels an object or a list is the text `nested too deeply`.
 * @throws SyntaxError as `JSON.parse` does.
 */
export const parseJSON = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  // Each level takes two brackets. Most frames cost no walk.
  if (text.length > 2 * deepestLevel && mayBeTooDeep(text)) prune(value)
  return value
}
