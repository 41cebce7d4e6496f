import { sleep } from '../base/abort.ts'
import { MesheryError } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'

/** How long before a token expires a successor is looked for, in milliseconds; at most a quarter of what it has left. */
const lead = 60_000
/** How often it is looked for, in milliseconds: until the token has expired; then, doubling, at last. */
const again = 10_000
const longest = 600_000
/** A token with less than this left, in milliseconds, is one of which our clock knows nothing. */
const least = 2_000

/**
 * To be begun when a connection is dialled: calls `renew` whenever there is a new identity for it, from shortly before
 * the expiry of the token that it was dialled with. Does nothing for a token that does not say when it expires.
 */
export async function watchTokenExpiry(
  credentials: Credentials,
  renew: () => void,
  signal: AbortSignal,
): Promise<void> {
  let { version } = credentials
  const { expires } = credentials
  const left = expires - Date.now()
  if (!(left >= least)) return
  const due = expires - Math.min(lead, left / 4)
  while (!signal.aborted && Date.now() < due) await sleep(due - Date.now(), signal)
  for (let wait = again; !signal.aborted; wait = Date.now() > expires ? Math.min(2 * wait, longest) : again) {
    if (credentials.version === version) await consult(credentials, signal)
    if (credentials.version !== version && !signal.aborted) {
      version = credentials.version
      renew()
    }
    await sleep(wait, signal)
  }
}

/** A source that cannot be read now has nothing new to say yet. */
async function consult(credentials: Credentials, signal: AbortSignal): Promise<void> {
  try {
    await credentials.refresh(undefined, signal)
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
  }
}
