import { sleep } from '../base/abort.ts'
import { MesheryError } from '../base/errors.ts'
import type { Transport } from './contract.ts'
import { singleOperationConnection } from './single-operation-connection.ts'

/** How the wait between two reads grows while nothing is new. */
const growth = 1.5

/** Reads again and again, the first time at once: for networks that let nothing else through. */
export const polling: Transport = {
  name: 'polling',
  shared: false,
  connect: (_server, timeouts) =>
    singleOperationConnection(timeouts, 'poll', async ({ poll, pollEvery = 0 }, outlet, signal) => {
      if (!poll) throw new MesheryError('UNSUPPORTED', 'This cannot be polled', { phase: 'poll' })
      let wait = 0
      while (!signal.aborted) {
        const fresh = await poll(signal)
        outlet.open()
        const grown = fresh || wait === 0 ? timeouts.poll : Math.min(wait * growth, timeouts.pollMax)
        wait = Math.max(grown, pollEvery)
        await sleep(wait, signal)
      }
    }),
}
