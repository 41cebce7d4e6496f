import { sleep } from '../base/abort.ts'
import { nextBackoffMs } from '../base/backoff.ts'
import { MesheryError } from '../base/errors.ts'
import type { Timeouts, Transport } from './contract.ts'
import { type OperationRun, SingleOperationConnection } from './single-operation-connection.ts'

/** How the wait between two reads grows while nothing is new. */
const factor = 1.5

/** Reads again and again, the first time at once. */
const poll = async (timeouts: Timeouts, { operation, listener, signal }: OperationRun): Promise<void> => {
  const { poll: read, pollEvery = 0 } = operation
  if (!read) throw new MesheryError('UNSUPPORTED', 'This cannot be polled', { phase: 'poll' })
  const backoff = { firstMs: timeouts.poll, longestMs: timeouts.pollMax, factor }
  let waitMs: number | undefined
  while (!signal.aborted) {
    const isNew = await read(signal)
    listener.open()
    waitMs = Math.max(nextBackoffMs(backoff, isNew ? undefined : waitMs), pollEvery)
    await sleep(waitMs, signal)
  }
}

/** Reads at intervals: works on networks that pass nothing but plain requests. */
export const polling: Transport = {
  name: 'polling',
  shared: false,
  connect: (_server, timeouts) => new SingleOperationConnection('poll', timeouts, (run) => poll(timeouts, run)),
}
