import { isObject } from './checks.ts'

/** How many levels of a peer's JSON are kept. Everything that recurses over it later has room for so many. */
export const deepestLevel = 500

/** What takes the place of an object or a list below the deepest level. */
export const tooDeep = 'nested too deeply'

/** How many objects and lists a text of JSON can hold: brackets, also those inside its texts. */
const brackets = (text: string): number => {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5b || code === 0x7b) count++
  }
  return count
}

/** Replaces each object and list in a branch. */
const replaceBranches = (branch: object): void => {
  // `__proto__` is an own property here, and an assignment would set the prototype.
  for (const [key, child] of Object.entries(branch))
    if (isObject(child))
      Object.defineProperty(branch, key, { value: tooDeep, configurable: true, enumerable: true, writable: true })
}

/** Replaces everything below the deepest level; level by level, since recursion would overflow the stack. */
const prune = (value: unknown): void => {
  let level = [value].filter(isObject)
  for (let depth = 1; depth < deepestLevel; depth++)
    level = level.flatMap((branch) => Object.values(branch).filter(isObject))
  level.forEach(replaceBranches)
}

/**
 * `JSON.parse` for a peer's text: below 500 levels an object or a list is the text `nested too deeply`.
 * @throws SyntaxError as `JSON.parse` does.
 */
export const parseJSON = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  // A text with fewer brackets cannot be as deep, and a frame costs no walk.
  if (text.length > 2 * deepestLevel && brackets(text) > deepestLevel) prune(value)
  return value
}
