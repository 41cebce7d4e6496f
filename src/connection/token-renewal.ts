import { sleep } from '../base/abort.ts'
import { nextBackoffMs } from '../base/backoff.ts'
import { MesheryError } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { renewalDueAt } from '../credentials/token-age.ts'

/** How often it is looked for until the token has expired. Then less and less often. */
const looks = 6
const longestMs = 600_000
/** A token that has less left, in milliseconds, shows that the clocks differ: nothing is known of its expiry. */
const leastMs = 2_000

/**
 * To be called when a connection is dialled: calls `renew` whenever there are new credentials for it, from shortly before
 * the expiry of the token that it was dialled with, and then of each token that takes its place. Does nothing for a token
 * that does not say when it expires.
 */
export async function watchTokenExpiry(
  credentials: Credentials,
  renew: () => void,
  signal: AbortSignal,
): Promise<void> {
  let { version, expires } = credentials
  if (!isKnown(expires)) return
  let latest = expires
  let dueAt = renewalDueAt(latest, Date.now())
  await sleepUntil(dueAt, signal)
  let firstMs = (latest - dueAt) / looks
  let waitMs: number | undefined
  while (!signal.aborted) {
    if (credentials.version === version) await refresh(credentials, signal)
    if (Date.now() >= dueAt) {
      // The waits begin anew with each token.
      expires = latest
      firstMs = (expires - dueAt) / looks
      dueAt = Infinity
    }
    if (credentials.version !== version && !signal.aborted) {
      version = credentials.version
      latest = credentials.expires
      dueAt = isKnown(latest) ? renewalDueAt(latest, Date.now()) : Infinity
      renew()
    }
    waitMs = nextBackoffMs({ firstMs, longestMs }, Date.now() > expires ? waitMs : undefined)
    await sleepUntil(Math.min(dueAt, Date.now() + waitMs), signal)
  }
}

async function sleepUntil(at: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && Date.now() < at) await sleep(at - Date.now(), signal)
}

const isKnown = (expires: number): boolean => expires - Date.now() >= leastMs

/** A source that cannot be read now has nothing new yet. */
async function refresh(credentials: Credentials, signal: AbortSignal): Promise<void> {
  try {
    await credentials.refresh(undefined, signal)
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
  }
}
