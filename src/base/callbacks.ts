import { isRecord } from './checks.ts'
import { hasCode, MesheryError } from './errors.ts'

/** The error of a user's function that threw: what it threw, where that says it already. */
export const callbackError = (name: string, cause: unknown): MesheryError =>
  hasCode(cause, 'CALLBACK_FAILED')
    ? cause
    : new MesheryError('CALLBACK_FAILED', `${name} threw`, { phase: 'stream', cause })

/**
 * What a user's function answered: `true`, or anything else.
 * @throws MesheryError CALLBACK_FAILED for a promise, which would never be `true`.
 */
export function readPredicateAnswer(name: string, answer: unknown): boolean {
  if (!isRecord(answer) || typeof answer['then'] !== 'function') return answer === true
  // The error below says what is wrong; a rejection beside it would end the process.
  Promise.resolve(answer).catch(() => {})
  throw new MesheryError('CALLBACK_FAILED', `The \`${name}\` function returned a promise`, {
    phase: 'stream',
    remedy: `Return true or false from \`${name}\`: it must be synchronous.`,
  })
}
