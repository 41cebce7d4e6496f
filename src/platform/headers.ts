import { basicAuthorization } from '../base/basic-authorization.ts'
import { MesheryError } from '../base/errors.ts'
import type { GatewayUser } from './platform.ts'

/** Set by the connection itself; set twice, the request breaks. */
const taken = /^(connection|upgrade|content-length|transfer-encoding|expect|sec-websocket-.*)$/i

/**
 * The user's headers with their names in lower case, and the Basic credentials of a user.
 * @throws MesheryError INVALID_OPTION, which names the header and never its value.
 */
export const readHeaders = (given: Readonly<Record<string, unknown>>, user?: GatewayUser): Record<string, string> => {
  const authorization = user && basicAuthorization(user)
  const refuse = (name: string, problem: string): never => {
    // Where it ends being a name it may be a value, such as in `Authorization: Bearer ...`.
    const [shown = ''] = /^[\w-]{0,40}/.exec(name) ?? []
    const message = `\`headers\`: ${JSON.stringify(shown === name ? name : `${shown}...`)} ${problem}`
    throw new MesheryError('INVALID_OPTION', message, { phase: 'options', details: { option: 'headers' } })
  }
  const headers = Object.entries({ ...(authorization !== undefined && { authorization }), ...given })
  return Object.fromEntries(
    headers.map(([name, value]) => {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return refuse(name, 'is no name of a header')
      if (taken.test(name)) return refuse(name, 'is set by the connection itself')
      if (typeof value !== 'string') return refuse(name, `takes a text, not ${value === null ? 'null' : typeof value}`)
      if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return refuse(name, 'takes a text of one line in Latin-1')
      return [name.toLowerCase(), value]
    }),
  )
}
