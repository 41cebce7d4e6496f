import { MesheryError } from '../base/errors.ts'
import { isLoopback } from './host.ts'

const silence = 'To silence this, pass a `logger` without `warn`.'

/** What is risky about how a token is kept or sent, or why it is not sent. Each is given once a client, and fails nothing. */
export class Warnings {
  listener: (text: string) => void = () => {}
  readonly #given = new Set<string>()

  /** A request leaves: its token can be read on the way, unless it stays on this machine. */
  requestLeaves(address: string, cookie: string | null | undefined): void {
    if (!/(^|;\s*)token=[^;]/.test(cookie ?? '')) return
    const url = new URL(address)
    if (!/^(http|ws):$/.test(url.protocol) || isLoopback(url)) return
    this.#give(`The token goes to ${url.host} without encryption. Use an https:// address.`)
  }

  /** A token was read from a file, which other users of the machine may read as well. */
  othersMayRead(path: string): void {
    this.#give(`Other users of this machine may read the token in ${path}. Run \`chmod 600 ${path}\`.`)
  }

  /** The user chose a context, and another server than that of the context. */
  tokenWithheld(
    { name, endpoint }: { readonly name: string; readonly endpoint: string | undefined },
    server: URL,
  ): void {
    // The endpoint itself may hold a password.
    const belongs = endpoint === undefined ? 'has no endpoint' : `is of ${new URL(endpoint).origin}`
    this.#give(`The token of mesheryctl's context ${name} is not sent to ${server.origin}: the context ${belongs}.`)
  }

  #give(text: string): void {
    if (this.#given.has(text)) return
    this.#given.add(text)
    try {
      this.listener(`${text} ${silence}`)
    } catch (cause) {
      throw new MesheryError('CALLBACK_FAILED', 'The `warn` function of the `logger` threw', {
        phase: 'credentials',
        cause,
      })
    }
  }
}
