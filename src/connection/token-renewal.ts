import { sleep } from '../base/abort.ts'
import { type Backoff, nextBackoffMs } from '../base/backoff.ts'
import { MesheryError } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { renewalDueAt } from '../credentials/token-age.ts'

/** How often it is looked for: at the first interval until the token has expired, then less and less often. */
const backoff: Backoff = { firstMs: 10_000, longestMs: 600_000 }
/** A token that has less left, in milliseconds, shows that the clocks differ: nothing is known of its expiry. */
const leastMs = 2_000

/**
 * To be called when a connection is dialled: calls `renew` whenever there are new credentials for it, from shortly before
 * the expiry of the token that it was dialled with. Does nothing for a token that does not say when it expires.
 */
export async function watchTokenExpiry(
  credentials: Credentials,
  renew: () => void,
  signal: AbortSignal,
): Promise<void> {
  let { version } = credentials
  const { expires } = credentials
  const leftMs = expires - Date.now()
  if (!(leftMs >= leastMs)) return
  const dueAt = renewalDueAt(expires, Date.now())
  while (!signal.aborted && Date.now() < dueAt) await sleep(dueAt - Date.now(), signal)
  let waitMs = backoff.firstMs
  while (!signal.aborted) {
    if (credentials.version === version) await refresh(credentials, signal)
    if (credentials.version !== version && !signal.aborted) {
      version = credentials.version
      renew()
    }
    await sleep(waitMs, signal)
    waitMs = nextBackoffMs(backoff, Date.now() > expires ? waitMs : undefined)
  }
}

/** A source that cannot be read now has nothing new yet. */
async function refresh(credentials: Credentials, signal: AbortSignal): Promise<void> {
  try {
    await credentials.refresh(undefined, signal)
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
  }
}
