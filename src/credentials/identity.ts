import { isRecord } from '../base/checks.ts'
import type { IdentitySources } from '../base/credentials-refused.ts'
import { isCookieValue } from './cookie-value.ts'

/** The identity of the user at Meshery. */
export interface Identity {
  /** The `token` cookie, as in mesheryctl's auth.json. Empty or absent with the Local provider. */
  readonly token?: string
  /** The `meshery-provider` cookie: `Meshery`, `Layer5`, `Local`, `None`, ... */
  readonly provider?: string
}

/** An identity that knows where it is from. */
export interface SourcedIdentity extends Identity {
  readonly from?: IdentitySources
}

/** What is wrong with an identity, in words that show no secret; undefined when it is one. */
export const identityProblem = (value: unknown): string | undefined => {
  if (!isRecord(value)) return 'must be an object { token, provider }'
  for (const key of ['token', 'provider']) {
    const text = value[key]
    if (text === undefined || text === null) continue
    if (typeof text !== 'string') return `needs a text as \`${key}\``
    if (!isCookieValue(text.trim())) return `has a \`${key}\` with a character that is not allowed in a cookie`
  }
  return undefined
}
